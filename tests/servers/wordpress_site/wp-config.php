<?php
// The database is another one at each start; what the site is called depends on the folder that was asked (router.php).
define('DB_NAME', 'wordpress');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', '127.0.0.1:' . getenv('DATABASE_PORT'));
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
$table_prefix = 'wp_';

define('WP_HOME', 'http://' . ($_SERVER['HTTP_HOST'] ?? '127.0.0.1') . (SITE === '' ? '' : '/' . SITE));
define('WP_SITEURL', WP_HOME);
define('WP_CONTENT_DIR', ABSPATH . 'wp-content');
define('WP_DEFAULT_THEME', 'bare');
// Nothing leaves this machine, and nothing happens by itself.
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('DISABLE_WP_CRON', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('WP_DEBUG', false);
foreach (['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT'] as $name) {
    define($name, "only for tests: $name");
}

require_once '/usr/share/wordpress/wp-settings.php';
