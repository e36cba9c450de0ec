<!doctype html>
<html <?php language_attributes(); ?>><head><meta charset="utf-8"><title><?php echo wp_get_document_title(); ?></title><?php wp_head(); ?></head>
<body><header><a href="<?php echo home_url('/'); ?>"><?php bloginfo('name'); ?></a></header><main>
<?php while (have_posts()) : the_post(); ?>
<article id="post-<?php the_ID(); ?>"><h1><a href="<?php the_permalink(); ?>"><?php the_title(); ?></a></h1>
<div class="entry-meta"><span class="author"><?php the_author(); ?></span> <time datetime="<?php echo get_the_date('c'); ?>"><?php echo get_the_date('Y-m-d H:i'); ?></time></div>
<div class="entry-content"><?php is_singular() ? the_content() : the_excerpt(); ?></div>
<?php if (is_singular()) { comments_template('/comments.php'); } ?>
</article>
<?php endwhile; ?>
</main><footer><?php wp_footer(); ?></footer></body></html>
