/*
 * Logging in.  The client library (3.3) goes on in plain text when the server
 * offers no TLS, unless it is to verify a certificate; answers any server's
 * request for the password in the clear, or encrypted by a key that the server
 * hands out; and has no hook between the greeting and the login.  But it asks
 * an authentication plugin what to answer to the greeting.  So there is a
 * plugin of ours, the gate, which is the only one that is allowed at first: it
 * looks at what the server offers, answers without any part of the password,
 * which starts TLS, and then says which plugins may follow.  A server knows no
 * plugin of this name and asks for that of the account, as for any client with
 * another default (MySQL: Protocol::AuthSwitchRequest).
 */
#include "server/db_login.h"

#include <errmsg.h>
#include <mysql.h>
#include <mysql/plugin_auth.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define GATE "livealter_gate"
#define CONNECT_TIMEOUT 10	/* seconds */

/* These do not show the password; but the last fetches a key, see below. */
#define SAFE "mysql_native_password,client_ed25519,parsec," \
	"auth_gssapi_client,caching_sha2_password"
#define SAFE_IF_SECURE ",sha256_password"
#define CLEARTEXT ",mysql_clear_password,dialog"

/*
 * A file that is there and holds no key.  caching_sha2_password fetches a key
 * from the server only if this one cannot be read; so it fails instead.
 */
#define NO_KEY "/proc/self/exe"

/* A login that is under way. */
struct attempt {
	const struct login *how;
	bool required;		/* TLS or nothing */
	bool secure;		/* of the connection: TLS, or a socket */
};

static int
refuse(MYSQL *my, const char *why)
{
	my->net.last_errno = CR_SSL_CONNECTION_ERROR;
	snprintf(my->net.last_error, sizeof(my->net.last_error), "%s", why);
	memcpy(my->net.sqlstate, "HY000", 6);
	/* Not a request for another plugin, which would be followed. */
	my->net.read_pos[0] = 0xff;
	return CR_ERROR;
}

static void
set_flag(MYSQL *my, enum mysql_option option, bool on)
{
	my_bool value = on;

	mysql_options(my, option, &value);
}

/* What may follow, now that it is known how the two are connected. */
static void
allow_plugins(MYSQL *my, const struct attempt *a)
{
	const struct login *how = a->how;
	const char *key = how->server_public_key_path;
	bool sha = a->secure || key != NULL || how->get_server_public_key;
	bool clear = how->enable_cleartext_plugin &&
	    (a->secure || how->tls == TLS_OFF);

	mysql_options(my, MARIADB_OPT_RESTRICTED_AUTH, clear ?
	    sha ? SAFE SAFE_IF_SECURE CLEARTEXT : SAFE CLEARTEXT :
	    sha ? SAFE SAFE_IF_SECURE : SAFE);
	/* By this caching_sha2_password judges whether it is encrypted. */
	if (mysql_get_ssl_cipher(my) == NULL)
		set_flag(my, MYSQL_OPT_SSL_ENFORCE, false);
	if (key != NULL || !how->get_server_public_key)
		mysql_options(my, MYSQL_SERVER_PUBLIC_KEY,
		    key != NULL ? key : NO_KEY);
}

static int
gate(MYSQL_PLUGIN_VIO *vio, MYSQL *my)
{
	struct attempt *a = my->options.local_infile_userdata;
	bool offered = (my->server_capabilities & CLIENT_SSL) != 0;
	unsigned int before = my->net.pkt_nr;
	MYSQL_PLUGIN_VIO_INFO info;
	unsigned char *packet;
	bool local;
	int len;

	vio->info(vio, &info);
	local = info.protocol == MYSQL_VIO_SOCKET;
	if (a->required && !offered)
		return refuse(my, "TLS is required, and the server offers "
		    "none");
	set_flag(my, MYSQL_OPT_SSL_ENFORCE, a->required ||
	    (offered && !local && a->how->tls != TLS_OFF));
	/* As nothing was read for this plugin, an answer is sent first. */
	len = vio->read_packet(vio, &packet);
	if (my->net.pvio == NULL || my->net.last_errno != 0)
		return CR_ERROR;
	/* A server that calls its own plugin so: nothing was sent. */
	if (my->net.pkt_nr == before)
		return refuse(my, "the server's login is not understood");
	a->secure = local || mysql_get_ssl_cipher(my) != NULL;
	if ((a->required && mysql_get_ssl_cipher(my) == NULL) ||
	    (offered && a->how->tls != TLS_OFF && !a->secure))
		return refuse(my, "TLS was agreed, and is not used");
	allow_plugins(my, a);
	/* It is content; or asks for another plugin, then len is below 0. */
	return len >= 0 ? CR_OK_HANDSHAKE_COMPLETE : CR_ERROR;
}

/*
 * struct st_mysql_client_plugin_AUTHENTICATION of <mysql/client_plugin.h>,
 * which Debian's libmariadb-dev 10.11 has, but without a header it includes.
 */
static const struct plugin {
	int type;
	unsigned int interface_version;
	const char *name, *author, *desc;
	unsigned int version[3];
	const char *license;
	void *mysql_api;
	int (*init)(char *error, size_t size, int argc, va_list args);
	int (*deinit)(void);
	int (*options)(const char *option, const void *value);
	int (*authenticate_user)(MYSQL_PLUGIN_VIO *vio, MYSQL *my);
} gate_plugin = {
	.type = 2, .interface_version = 0x0100,
	.name = GATE, .author = "livealter", .desc = "TLS before the login",
	.version = { 1, 0, 0 }, .license = "GPL", .authenticate_user = gate,
};

/* LOAD DATA LOCAL: any server could ask for any file that we can read. */
static int
infile_init(void **to, const char *name, void *arg)
{
	(void)name, (void)arg;
	*to = NULL;
	return 1;
}

static int
infile_read(void *to, char *buf, unsigned int size)
{
	(void)to, (void)buf, (void)size;
	return -1;
}

static void
infile_end(void *to)
{
	(void)to;
}

static int
infile_error(void *to, char *text, unsigned int size)
{
	(void)to;
	snprintf(text, size, "the server asked for a local file");
	return CR_UNKNOWN_ERROR;
}

void
db_login_init(void)
{
	MYSQL *my = mysql_init(NULL);

	/* Not written to; the parameter is older than const. */
	if (my != NULL)
		mysql_client_register_plugin(my,
		    (struct st_mysql_client_plugin *)(uintptr_t)&gate_plugin);
	mysql_close(my);
}

/*
 * my.cnf has the last word in the library, which reads it when it connects.
 * So it is read by connecting to where no server can be: after that, what
 * counts is what is set next.
 */
static void
read_my_cnf(MYSQL *my, const struct login *how)
{
	unsigned int seconds = CONNECT_TIMEOUT;

	mysql_options(my, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
	if (how->defaults_file != NULL)
		mysql_options(my, MYSQL_READ_DEFAULT_FILE, how->defaults_file);
	/* Reads [client] as well. */
	mysql_options(my, MYSQL_READ_DEFAULT_GROUP, "livealter");
	mysql_real_connect(my, "255.255.255.255", "", "", NULL, 1, NULL,
	    CLIENT_REMEMBER_OPTIONS);
}

static void
set_patience(MYSQL *my, unsigned int seconds)
{
	mysql_options(my, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
	mysql_options(my, MYSQL_OPT_READ_TIMEOUT, &seconds);
	mysql_options(my, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
}

/* A file of authorities or a key, also in my.cnf, asks for TLS. */
static void
set_tls(MYSQL *my, struct attempt *a)
{
	const struct login *how = a->how;
	bool verify = how->ssl_verify || (my->options.client_flag &
	    CLIENT_SSL_VERIFY_SERVER_CERT) != 0;

	if (how->tls == TLS_OFF) {
		mysql_ssl_set(my, NULL, NULL, NULL, NULL, NULL);
		verify = false;
	}
	if (how->ssl_ca != NULL)
		mysql_options(my, MYSQL_OPT_SSL_CA, how->ssl_ca);
	if (how->ssl_cert != NULL)
		mysql_options(my, MYSQL_OPT_SSL_CERT, how->ssl_cert);
	if (how->ssl_key != NULL)
		mysql_options(my, MYSQL_OPT_SSL_KEY, how->ssl_key);
	set_flag(my, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, verify);
	a->required = how->tls == TLS_REQUIRED || (how->tls != TLS_OFF &&
	    (verify || my->options.use_ssl || my->options.ssl_ca != NULL ||
	    my->options.ssl_capath != NULL || my->options.ssl_cert != NULL ||
	    my->options.ssl_key != NULL));
}

static void
set_options(MYSQL *my, struct attempt *a)
{
	unsigned int none = 0;

	if (a->how->patience > 0)
		set_patience(my, a->how->patience);
	set_tls(my, a);
	/* The library's option, not SET NAMES: the escaper must know. */
	mysql_options(my, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	mysql_optionsv(my, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name",
	    "livealter");
	/* A session made anew behind our back would have lost its locks. */
	set_flag(my, MYSQL_OPT_RECONNECT, false);
	mysql_options(my, MYSQL_OPT_LOCAL_INFILE, &none);
	mysql_set_local_infile_handler(my, infile_init, infile_read,
	    infile_end, infile_error, a);
	mysql_options(my, MYSQL_DEFAULT_AUTH, GATE);
	mysql_options(my, MARIADB_OPT_RESTRICTED_AUTH, GATE);
}

/*
 * A host that vanishes, or a firewall that forgets a connection, says nothing:
 * without this a read waits for hours.  A server that is only slow answers
 * probes.
 */
static void
keep_alive(MYSQL *my)
{
	const int fd = mysql_get_socket(my), yes = 1, idle = 30, every = 10,
	    tries = 6;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof(every));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &tries, sizeof(tries));
}

/* What the user can do about what the gate did. */
static void
advise(struct err *e, const struct attempt *a)
{
	if (e->sqlno == CR_PLUGIN_NOT_ALLOWED)
		err_hint(e, "if the account uses PAM or LDAP, give "
		    "--enable-cleartext-plugin%s", a->secure ? "" :
		    "; sha256_password needs TLS or "
		    "--server-public-key-path");
	else if (!a->secure && (e->sqlno == CR_AUTH_PLUGIN_ERR ||
	    e->sqlno == CR_UNKNOWN_ERROR))
		err_hint(e, "without TLS, caching_sha2_password needs "
		    "--server-public-key-path or --get-server-public-key");
}

static int
failed(MYSQL *my, const struct attempt *a, struct err *e)
{
	unsigned int no = mysql_errno(my);

	err_set(e, ERR_CONNECT, "cannot connect: %s (error %u)",
	    no == CR_UNKNOWN_ERROR ? "the login failed" :
	    no == CR_PLUGIN_NOT_ALLOWED ? "the server asks for the password "
	    "in clear text" : mysql_error(my), no);
	e->sqlno = no;
	advise(e, a);
	return -1;
}

int
db_login(MYSQL **to, const struct login *how, struct err *e)
{
	struct attempt a = { .how = how };
	MYSQL *my = *to = mysql_init(NULL);

	if (my == NULL)
		abort();
	read_my_cnf(my, how);
	set_options(my, &a);
	if (mysql_real_connect(my, how->host, how->user, how->password, NULL,
	    how->port, how->socket, 0) == NULL)
		return failed(my, &a, e);
	/* a is gone. */
	my->options.local_infile_userdata = NULL;
	keep_alive(my);
	return 0;
}
