<?php
// Every address is WordPress'. The first folder says which of the sites over the one database is asked.
define('ABSPATH', __DIR__ . '/');
define('WP_USE_THEMES', true);
preg_match('#^/(plain|closed|silent|excerpts)(?=[/?]|$)#', $_SERVER['REQUEST_URI'], $found);
define('SITE', $found[1] ?? '');
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = (SITE === '' ? '' : '/' . SITE) . '/index.php';
unset($_SERVER['PATH_INFO']);
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
// "silent": the web server does not pass the interface's addresses on.
if (SITE === 'silent' && str_contains($path, 'wp-json')) {
    http_response_code(404);
    exit('Not Found');
}
require '/usr/share/wordpress/wp-blog-header.php';
