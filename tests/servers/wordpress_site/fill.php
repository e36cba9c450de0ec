<?php
// Install WordPress and write the posts given on standard input, see tests/wordpress_content.py.
define('ABSPATH', __DIR__ . '/');
define('SITE', '');
define('WP_INSTALLING', true);
$_SERVER['HTTP_HOST'] = $argv[1];
require '/usr/share/wordpress/wp-load.php';
require '/usr/share/wordpress/wp-admin/includes/upgrade.php';

function wp_install_defaults($user_id) {}  // no sample post
wp_install('听风测试站', 'admin', 'admin@example.com', true, '', 'admin');
switch_theme('bare');
update_option('default_comment_status', 'open');
update_option('thread_comments', 1);

$users = [];
function user($name) {
    global $users;
    return $users[$name] ??= wp_insert_user(['user_login' => 'writer' . count($users), 'user_pass' => 'x', 'display_name' => $name, 'role' => 'author']);
}
wp_suspend_cache_invalidation();
wp_defer_comment_counting(true);
kses_remove_filters();
foreach (json_decode(stream_get_contents(STDIN), true) as $post) {
    $id = wp_insert_post([
        'import_id' => $post['id'], 'post_type' => $post['type'], 'post_status' => $post['status'],
        'post_title' => $post['title'], 'post_name' => 'post-' . $post['id'], 'post_content' => $post['content'],
        'post_excerpt' => $post['excerpt'], 'post_password' => $post['password'], 'post_author' => user($post['author']),
        'post_date_gmt' => $post['date'], 'post_date' => get_date_from_gmt($post['date']), 'comment_status' => 'open',
    ], true);
    if (is_wp_error($id)) {
        exit($id->get_error_message());
    }
    foreach ($post['comments'] as $comment) {
        $wpdb->insert($wpdb->comments, [
            'comment_ID' => $comment['id'], 'comment_post_ID' => $id, 'comment_parent' => $comment['parent'],
            'comment_author' => $comment['author'], 'comment_content' => $comment['content'], 'comment_type' => 'comment',
            'comment_date_gmt' => $comment['date'], 'comment_date' => get_date_from_gmt($comment['date']),
            'comment_approved' => $comment['approved'],
        ]);
    }
    wp_update_comment_count_now($id);
}
