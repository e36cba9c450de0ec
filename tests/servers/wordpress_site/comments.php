<?php if (!post_password_required()) : ?>
<section id="comments"><h2>评论</h2><ol class="comment-list"><?php wp_list_comments(['style' => 'ol']); ?></ol><?php paginate_comments_links(); ?></section>
<?php endif; ?>
