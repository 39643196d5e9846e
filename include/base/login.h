#ifndef LOGIN_H
#define LOGIN_H

#include <stdbool.h>

/* TLS: when the server offers it, never, or not without. */
enum tls_mode { TLS_AUTO, TLS_OFF, TLS_REQUIRED };

/*
 * All that a connection to a server needs.  Who has several servers to connect
 * to has one for each.  Strings that were not given are NULL: then a my.cnf
 * says it, or the client library.
 */
struct login {
	char *host, *user, *password, *socket;
	unsigned int port;		/* 0: the library's default */
	char *defaults_file;		/* absolute */
	enum tls_mode tls;		/* --mysql_ssl, DSN key s, --ssl-* */
	char *ssl_ca, *ssl_cert, *ssl_key;
	bool ssl_verify;
	char *server_public_key_path;
	bool get_server_public_key, enable_cleartext_plugin;
	/* In each session, over most of our settings: "a=1,b=2", as given. */
	char *set_vars;
	/* For so many seconds a connection that broke is made anew. */
	double reconnect_for;
	/* Seconds to connect, and then for each answer; 0: 10 to connect, and
	 * an answer may take as long as it likes. */
	unsigned int patience;
};

#endif
