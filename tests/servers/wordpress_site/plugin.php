<?php
// How the sites differ:
//   ""        pretty addresses, Asia/Shanghai, all on
//   plain     ?p=1 addresses, UTC, interface at ?rest_route=/ only
//   closed    the interface answers 401 to strangers
//   silent    nothing tells of the interface, and it is not reached
//   excerpts  as closed, and feeds carry excerpts only
add_filter('pre_option_permalink_structure', fn() => SITE === 'plain' ? '' : '/%year%/%monthnum%/%postname%/');
add_filter('pre_option_timezone_string', fn() => SITE === 'plain' ? 'UTC' : 'Asia/Shanghai');
add_filter('pre_option_rss_use_excerpt', fn() => SITE === 'excerpts' ? '1' : '0');
if (in_array(SITE, ['closed', 'excerpts', 'silent'], true)) {
    add_filter('rest_authentication_errors', fn($found) => $found ?: new WP_Error('rest_forbidden', '不对外开放', ['status' => 401]));
}
if (SITE === 'silent') {
    remove_action('wp_head', 'rest_output_link_wp_head');
    remove_action('template_redirect', 'rest_output_link_header', 11);
}
// The tests write as a named user, whose password is the name.
add_filter('determine_current_user', function ($user) {
    $named = get_user_by('login', $_SERVER['PHP_AUTH_USER'] ?? '');
    return $named && $_SERVER['PHP_AUTH_PW'] === $named->user_login ? $named->ID : $user;
}, 20);
add_filter('wp_is_application_passwords_available', '__return_false');
// One test writes more comments within a second than a reader would.
add_filter('comment_flood_filter', '__return_false');
add_filter('duplicate_comment_id', '__return_false');
