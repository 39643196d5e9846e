#include "cli/option_table.h"

/*
 * Names, short forms and meanings are pt-online-schema-change's, 3.7.1, and
 * so are the defaults unless the help says otherwise.
 */

#define AT(field) offsetof(struct config, field)

#define DO(name, letter, type, group, field, deflt, arg, help) \
	{ name, letter, OPTION_##type, OPTION_DONE, OPTION_##group, \
	    AT(field), 0, 0, deflt, arg, help }
#define NUMBER(name, letter, group, field, lo, hi, deflt, arg, help) \
	{ name, letter, OPTION_UINT, OPTION_DONE, OPTION_##group, \
	    AT(field), lo, hi, deflt, arg, help }
#define SIZE(name, group, field, lo, deflt, arg, help) \
	{ name, '\0', OPTION_SIZE, OPTION_DONE, OPTION_##group, \
	    AT(field), lo, 0, deflt, arg, help }
#define OLD(name, type, field, arg, help) \
	{ name, '\0', OPTION_##type, OPTION_OLD_NAME, OPTION_REPLICAS, \
	    AT(field), 0, 0, NULL, arg, help }
#define NOT(state, name, type, arg, help) \
	{ name, '\0', OPTION_##type, OPTION_##state, OPTION_WHAT, \
	    0, 0, 0, NULL, arg, help }

const struct option option_table[] = {
	DO("alter", 0, TEXT, WHAT, alter, NULL, "SQL",
	    "the changes, as they follow ALTER TABLE t; without any, the "
	    "table is rebuilt"),
	DO("dry-run", 0, FLAG, WHAT, dry_run, NULL, NULL,
	    "create and alter an empty new table, show the plan, drop it"),
	DO("execute", 0, FLAG, WHAT, execute, NULL, NULL, "do it"),
	DO("instant", 0, WORD, WHAT, instant, "never", "never|try|only",
	    "have the server itself change the table, if it does so at once, "
	    "without touching a row: never; try, and else copy; or only, and "
	    "else refuse"),
	DO("resume", 0, TEXT, WHAT, resume, NULL, "ID",
	    "as livealter resume, if the migration has this ID"),
	DO("database", 'D', TEXT, WHAT, database, NULL, "NAME",
	    "the table's database, as DSN key D"),
	DO("table", 0, TEXT, WHAT, table, NULL, "NAME",
	    "the table, as DSN key t"),
	DO("pid", 0, TEXT, WHAT, pid, NULL, "FILE",
	    "have our PID in this file while at work; end if it names a "
	    "process that lives"),

	DO("host", 'h', TEXT, CONNECT, login.host, NULL, "NAME",
	    "the server"),
	NUMBER("port", 'P', CONNECT, login.port, 1, 65535, NULL, "PORT",
	    "its TCP port"),
	DO("socket", 'S', TEXT, CONNECT, login.socket, NULL, "FILE",
	    "its socket"),
	DO("user", 'u', TEXT, CONNECT, login.user, NULL, "NAME",
	    "log in as this user"),
	DO("password", 'p', SECRET, CONNECT, login.password, NULL, "PASSWORD",
	    "its password; the three below are safer"),
	DO("ask-pass", 0, FLAG, CONNECT, ask_pass, NULL, NULL,
	    "ask for the password on the terminal"),
	DO("password-file", 0, TEXT, CONNECT, password_file, NULL, "FILE",
	    "the password is the first line of this file"),
	DO("defaults-file", 'F', MYCNF, CONNECT, login.defaults_file, NULL,
	    "FILE", "read only this my.cnf (absolute; groups client and "
	    "livealter)"),
	DO("mysql_ssl", 's', TLS, CONNECT, login.tls, "auto", "0|1|auto",
	    "TLS: never, always, or when the server offers it"),
	DO("ssl-ca", 0, TEXT, CONNECT, login.ssl_ca, NULL, "FILE",
	    "trust these authorities; implies --mysql_ssl 1"),
	DO("ssl-cert", 0, TEXT, CONNECT, login.ssl_cert, NULL, "FILE",
	    "our certificate; implies --mysql_ssl 1"),
	DO("ssl-key", 0, TEXT, CONNECT, login.ssl_key, NULL, "FILE",
	    "its key; implies --mysql_ssl 1"),
	DO("ssl-verify", 0, FLAG, CONNECT, login.ssl_verify, NULL, NULL,
	    "check the server's certificate; implies --mysql_ssl 1"),
	DO("server-public-key-path", 0, TEXT, CONNECT,
	    login.server_public_key_path, NULL, "FILE",
	    "the server's RSA key, to log in without TLS"),
	DO("get-server-public-key", 0, FLAG, CONNECT,
	    login.get_server_public_key, NULL, NULL,
	    "let the server send that key, unverified"),
	DO("enable-cleartext-plugin", 0, FLAG, CONNECT,
	    login.enable_cleartext_plugin, NULL, NULL,
	    "let the server ask for the password as it is (PAM, LDAP)"),
	DO("set-vars", 0, VARS, CONNECT, login.set_vars, NULL, "A=1,B=2",
	    "set these variables in every session"),

	DO("new-table-name", 0, TEXT, TABLE, new_table_name, NULL, "NAME",
	    "name of the new table; %T is the table's (default: %T_new)"),
	DO("default-engine", 0, FLAG, TABLE, default_engine, NULL, NULL,
	    "use the server's default engine"),
	DO("data-dir", 0, TEXT, TABLE, data_dir, NULL, "DIR",
	    "put the new table in this DATA DIRECTORY"),
	DO("remove-data-dir", 0, FLAG, TABLE, remove_data_dir, NULL, NULL,
	    "make the new table without DATA DIRECTORY"),
	DO("remove-tablespace", 0, FLAG, TABLE, remove_tablespace, NULL, NULL,
	    "make the new table without TABLESPACE"),

	DO("null-to-not-null", 0, FLAG, SAFE, null_to_not_null, NULL, NULL,
	    "let NULLs become the default of a column made NOT NULL"),
	DO("allow-warnings", 0, WARNINGS, SAFE, allow_warnings, NULL,
	    "CODE[:COLUMN]", "let the copy change data with this warning, "
	    "for example 1265:status"),
	DO("check-unique-key-change", 0, BOOL, SAFE, check_unique, "yes",
	    NULL, "look for duplicates before anything is copied, when a "
	    "unique key is new or narrower"),
	DO("alter-foreign-keys-method", 0, WORD, SAFE, fkeys_method, "auto",
	    "auto|rebuild_constraints|drop_swap|none",
	    "how foreign keys of other tables follow: auto, "
	    "rebuild_constraints or drop_swap, in the cut-over; none, not at "
	    "all"),
	DO("only-same-schema-fks", 0, FLAG, SAFE, only_same_schema_fks, NULL,
	    NULL, "do not look for such tables in other databases"),
	DO("accept-loss", 0, FLAG, SAFE, accept_loss, NULL, NULL,
	    "allow a revert to lose what it cannot keep"),
	DO("trigger-definer", 0, ACCOUNT, SAFE, trigger_definer, NULL,
	    "USER@HOST", "our triggers run with the rights of this account, "
	    "not with those of the one that logs in; HOST is % if it is not "
	    "said"),
	DO("force", 0, FLAG, SAFE, force, NULL, NULL,
	    "run on a replica of a row-based source as well, and swap and "
	    "drop in spite of --where"),

	DO("chunk-time", 0, SECONDS, COPY, chunk_time, "0.1", "SECONDS",
	    "aim for chunks that take this long; 0 never adapts "
	    "(pt-online-schema-change: 0.5)"),
	SIZE("chunk-size", COPY, chunk_size, 1, "1000", "ROWS",
	    "rows in the first chunk; without --chunk-time, in all of them"),
	DO("chunk-index", 0, TEXT, COPY, chunk_index, NULL, "NAME",
	    "walk the table by this index"),
	DO("where", 0, TEXT, COPY, where, NULL, "SQL",
	    "copy only rows that match this condition; needs "
	    "--no-swap-tables and --no-drop-new-table, or --force"),
	NUMBER("threads", 0, COPY, threads, 1, 64, "auto", "N",
	    "copy with this many connections; auto: 2 to 4, by the server"),
	DO("sleep", 0, SECONDS, COPY, sleep, "0", "SECONDS",
	    "pause after each chunk, all connections"),
	{ "nice-ratio", '\0', OPTION_REAL, OPTION_DONE, OPTION_COPY,
	    AT(nice_ratio), 0, 100, "0", "N",
	    "pause after each chunk for N times what it has taken" },
	DO("pause-file", 0, TEXT, COPY, pause_file, NULL, "FILE",
	    "begin no chunk while this file exists"),
	DO("max-load", 0, LIMITS, COPY, max_load, "Threads_running=25",
	    "VARIABLE=N", "begin no chunk, and no swap, while a status "
	    "variable is so large; without =N: 20% more than at the start; "
	    "'' for none"),
	DO("critical-load", 0, LIMITS, COPY, critical_load,
	    "Threads_running=50", "VARIABLE=N", "undo everything when it is "
	    "so large twice in a row; without =N: twice as at the start; '' "
	    "for none"),
	DO("critical-load-hibernate", 0, SECONDS, COPY,
	    critical_load_hibernate, "0", "SECONDS",
	    "then wait so long instead"),
	DO("throttle-query", 0, TEXT, COPY, throttle_query, NULL, "SQL",
	    "begin no chunk, and no swap, while this SELECT returns a number "
	    "above 0"),
	SIZE("min-free-space", COPY, min_free_space, 0, "1073741824", "BYTES",
	    "begin no chunk that writes while less is free on a disk of the "
	    "server, if it can be seen; 0: do not look"),
	DO("defer-indexes", 0, DEFER, COPY, defer_indexes, "auto",
	    "auto|always|never", "build secondary indexes after the copy; "
	    "auto: where it pays and no replica would lag by it"),
	DO("verify", 0, VERIFY, COPY, verify, "checksum",
	    "checksum|count|none", "compare the tables before the swap"),
	DO("verify-swap", 0, VERIFY_SWAP, COPY, verify_swap, "auto",
	    "auto|yes|no", "compare the tables as they were in the moment of "
	    "the swap, before the old one goes; auto: if comparing took less "
	    "than 10 minutes"),
	DO("analyze-before-swap", 0, BOOL, COPY, analyze_before_swap, "yes",
	    NULL, "ANALYZE the new table before the swap"),

	DO("recursion-method", 0, RECURSION, REPLICAS, recursion_method,
	    "processlist,hosts", "HOW", "find replicas by the list of threads, "
	    "by that of replicas, by dsn=DSN of a table of DSNs, as nodes of a "
	    "cluster, or none"),
	NUMBER("recurse", 0, REPLICAS, recurse, 0, 1000, "1000", "LEVELS",
	    "how deep to look for replicas of replicas"),
	DO("check-replication-filters", 0, BOOL, REPLICAS, check_filters,
	    "yes", NULL, "refuse when a filter of replication or of a binary "
	    "log would end replication"),
	DO("replica-user", 0, TEXT, REPLICAS, replica_user, NULL, "NAME",
	    "log in to replicas as this user"),
	DO("replica-password", 0, SECRET, REPLICAS, replica_password, NULL,
	    "PASSWORD", "its password"),
	DO("channel", 0, TEXT, REPLICAS, channel, NULL, "NAME",
	    "only this replication channel of a replica counts"),
	DO("check-replica-lag", 0, DSN, REPLICAS, check_replica_lag, NULL,
	    "DSN", "watch this replica only"),
	DO("skip-check-replica-lag", 0, DSNS, REPLICAS,
	    skip_check_replica_lag, NULL, "DSN",
	    "do not watch this one (h=, P=); may be given again"),
	DO("max-lag", 0, SECONDS, REPLICAS, max_lag, "1", "SECONDS",
	    "copy nothing while a replica is further behind"),
	DO("check-interval", 0, SECONDS, REPLICAS, check_interval, "0.25",
	    "SECONDS", "look that often (pt-online-schema-change: 1)"),
	DO("fail-on-stopped-replication", 0, BOOL, REPLICAS, fail_on_stopped,
	    "yes", NULL, "end and undo when a replica stops or does not "
	    "answer; else wait for it"),

	DO("swap-tables", 0, BOOL, ENDS, swap_tables, "yes", NULL,
	    "let the new table take the old one's place"),
	DO("postpone-cut-over-flag-file", 0, TEXT, ENDS,
	    postpone_cut_over_flag_file, NULL, "FILE",
	    "wait with the swap while this file exists"),
	DO("cut-over-window", 0, WINDOW, ENDS, cut_over_window, NULL,
	    "WHEN", "swap only then: \"Sun 03:00-04:00\", "
	    "\"Mon-Fri 23:30-00:30 UTC\"; by the local clock unless UTC is "
	    "said"),
	DO("drop-old-table", 0, BOOL, ENDS, drop_old_table, "yes", NULL,
	    "drop the old table after the swap"),
	DO("purge-old-table", 0, BOOL, ENDS, purge_old_table, "no", NULL,
	    "delete its rows chunk by chunk before, as the load and replicas "
	    "allow"),
	DO("drop-new-table", 0, BOOL, ENDS, drop_new_table, "yes", NULL,
	    "drop the new table when there is no swap, or after a failure"),
	DO("drop-triggers", 0, BOOL, ENDS, drop_triggers, "yes", NULL,
	    "drop our triggers; --no-drop-triggers keeps the tables too"),
	DO("reversible", 0, FLAG, ENDS, reversible, NULL, NULL,
	    "keep the old table, and keep it in step with the new one, so "
	    "that livealter revert can swap them back"),
	DO("reverse-triggers", 0, FLAG, ENDS, reverse_triggers, NULL, NULL,
	    "the same, with --no-drop-old-table"),
	DO("cut-over", 0, WORD, ENDS, cut_over, "now", "now|when-told",
	    "swap now, or when-told by livealter control"),
	DO("on-interrupt", 0, WORD, ENDS, on_interrupt, "undo", "undo|keep",
	    "after SIGINT or SIGTERM: undo everything, or keep it to be "
	    "resumed"),
	DO("reconnect-for", 0, SECONDS, ENDS, login.reconnect_for, "600",
	    "SECONDS", "when a connection is lost, try so long to connect "
	    "again"),
	DO("tries", 0, TRIES, ENDS, tries_copy_rows,
	    "create_triggers:10:1,drop_triggers:10:1,copy_rows:10:0.25,"
	    "swap_tables:10:1,update_foreign_keys:10:1,analyze_table:10:1",
	    "OP:TIMES:WAIT",
	    "how often to try, and how long to wait in between"),
	DO("metadata-lock-deadline", 0, SECONDS, ENDS, metadata_lock_deadline,
	    "0", "SECONDS", "give up and undo when the table is in use for "
	    "so long; 0: only --tries counts"),
	DO("kill-blockers", 0, SECONDS, ENDS, kill_blockers.after, "0",
	    "SECONDS", "kill connections in whose transactions the table is "
	    "in use when these are that old; 0: never"),
	SIZE("kill-blockers-max-rows", ENDS, kill_blockers.max_rows, 1,
	    "10000", "ROWS", "but not those that have modified more rows"),

	DO("print", 0, FLAG, SHOWN, print, NULL, NULL,
	    "print each statement on standard output"),
	DO("progress", 0, PROGRESS, SHOWN, progress_by, "time,30",
	    "WHAT,N", "report each time,SECONDS, percentage,N or "
	    "iterations,N"),
	DO("quiet", 'q', FLAG, SHOWN, quiet, NULL, NULL,
	    "only warnings and errors; nothing on standard output"),
	DO("statistics", 0, FLAG, SHOWN, statistics, NULL, NULL,
	    "count what happened, and print it at the end"),

	DO("hooks-dir", 0, TEXT, SCRIPTS, hooks_dir, NULL, "DIR",
	    "run the programs there that are named after what happens: see "
	    "livealter-scripts(7)"),
	DO("hooks-timeout", 0, SECONDS, SCRIPTS, hooks_timeout, "60",
	    "SECONDS", "end one that takes longer; 0: never"),
	DO("hooks-status-interval", 0, SECONDS, SCRIPTS, hooks_status_interval,
	    "60", "SECONDS", "run livealter-on-status that often; 0: never"),
	DO("output", 0, OUTPUT, SCRIPTS, output, "text", "text|json",
	    "json is for programs: see livealter-json(7)"),
	DO("idempotent", 0, FLAG, SCRIPTS, idempotent, NULL, NULL,
	    "nothing is done, and that is a success, if the table is already "
	    "as the ALTER would make it"),
	DO("to", 0, TEXT, SCRIPTS, to, NULL, "FILE",
	    "in place of --alter: the table is to be as the CREATE TABLE in "
	    "this file says"),
	DO("rename", 0, LIST, SCRIPTS, rename, NULL, "OLD=NEW",
	    "with --to: this column of the table is that one of the file"),
	DO("drop", 0, LIST, SCRIPTS, drop, NULL, "COLUMN",
	    "with --to: this column is not in the file, and goes"),
	DO("expect-digest", 0, DIGEST, SCRIPTS, expect_digest, NULL, "HEX",
	    "refuse, if the digest of what is planned is not the one that a "
	    "dry run told"),
	DO("report", 0, TEXT, SCRIPTS, report, NULL, "FILE",
	    "write a page of HTML about the run there: what it did when, and "
	    "its end"),
	DO("prometheus-textfile", 0, TEXT, SCRIPTS, prometheus_textfile, NULL,
	    "FILE",
	    "write metrics there, for the textfile collector of node_exporter"),
	DO("keep-going", 0, FLAG, SCRIPTS, keep_going, NULL, NULL,
	    "of several jobs, do the others when one has failed"),

	DO("config", 0, LIST, META, config, NULL, "FILE",
	    "read these YAML files after /etc/livealter.yaml and "
	    "~/.livealter.yaml; '' reads neither"),
	DO("job", 0, TEXT, META, job, NULL, "NAME",
	    "take this job of the files as well; NAME,NAME: these, one after "
	    "the other"),
	DO("all", 0, FLAG, META, all, NULL, NULL,
	    "take all jobs of the files, in their order"),
	DO("print-config", 0, FLAG, META, print_config, NULL, NULL,
	    "print all settings, without passwords, in the form of a file"),
	DO("help", 0, FLAG, META, help, NULL, NULL, "print this"),
	DO("version", 0, FLAG, META, version, NULL, NULL,
	    "print the version"),

	{ "charset", 'A', OPTION_TEXT, OPTION_NOTED, OPTION_WHAT, 0, 0, 0,
	    NULL, "NAME", "rows are copied inside the server, whatever their "
	    "character sets; our connections use utf8mb4" },
	NOT(NOTED, "check-alter", BOOL, NULL,
	    "renamed columns and changed keys are followed, always"),
	NOT(NOTED, "check-plan", BOOL, NULL,
	    "chunks are ranges of a forced index between rows found on it"),
	NOT(NOTED, "check-foreign-keys", BOOL, NULL,
	    "foreign keys of the table to itself follow it like all others"),
	NOT(NOTED, "preserve-triggers", FLAG, NULL,
	    "the table's own triggers stay with it, always"),
	NOT(NOTED, "version-check", BOOL, NULL,
	    "livealter does not look for new versions"),
	NOT(NOTED, "buffer-stdout", BOOL, NULL,
	    "output is always written line by line"),
	NOT(NOTED, "chunk-size-limit", TEXT, "N",
	    "chunks end at rows found on the index, never at an estimate"),

	NOT(NOTED, "history", FLAG, NULL,
	    "every migration is in the registry, the table _livealter beside "
	    "yours, until it is done; see livealter status"),
	NOT(NOTED, "history-table", TEXT, "NAME",
	    "the registry is always the table _livealter beside yours"),
	NOT(NOTED, "binary-index", FLAG, NULL,
	    "the registry holds places in keys of any type"),

	OLD("slave-user", TEXT, replica_user, "NAME", "it is --replica-user"),
	OLD("slave-password", SECRET, replica_password, "PASSWORD",
	    "it is --replica-password"),
	OLD("check-slave-lag", DSN, check_replica_lag, "DSN",
	    "it is --check-replica-lag"),
	OLD("skip-check-slave-lag", DSNS, skip_check_replica_lag, "DSN",
	    "it is --skip-check-replica-lag"),

	NOT(REFUSED, "plugin", TEXT, "FILE",
	    "it is a Perl class; a program that watches a run reads its "
	    "output: --output=json"),
	NOT(REFUSED, "chunk-index-columns", TEXT, "N",
	    "only the whole key bounds a chunk; choose another key with "
	    "--chunk-index"),

	NOT(LATER, "max-flow-ctl", TEXT, "PERCENT",
	    "pause while Galera's flow control does"),
};

const size_t option_count = sizeof(option_table) / sizeof(option_table[0]);
