/* The table of commands, sorted by name: source of help, completion and argument parsing. */
#include "command.h"

static const struct cli_option allow_options[] = {
	{ 'm', "minutes", "N", "for so long, else for 10 minutes; a day at most", false },
	{ 0 },
};

static const struct cli_option call_options[] = {
	{ 0, "body", "FILE", "the body as JSON (- is standard input); words go over it", false },
	{ 0, "community", "NAME", "the community it is for, else the first configured", false },
	{ 0, "describe", NULL, "do not call, print what the endpoint takes", false },
	{ 0, "list", NULL, "list the endpoints that have all the given words", false },
	{ 0, "json", NULL, "print {\"status\": …, \"body\": …}, not the body alone", false },
	{ 0 },
};

static const struct cli_option journal_options[] = {
	{ 'n', "count", "N", "that many of the last changes, else 20", false },
	{ 0, "json", NULL, "as JSON", false },
	{ 0 },
};

static const struct cli_option login_options[] = {
	{ 'u', "user", "NAME", "the login name, not asked for then", false },
	{ 0, "community", "NAME", "the community to log in to, else the first configured", false },
	{ 0 },
};

static const struct cli_option mount_options[] = {
	{ 'f', "foreground", NULL, "stay in the foreground, log to standard error", false },
	{ 'o', "options", "OPTIONS", "ro, config=FILE …, separated by commas", true },
	{ 0 },
};

static const struct cli_option json_options[] = {
	{ 0, "json", NULL, "as JSON", false },
	{ 0 },
};

static const struct cli_option log_options[] = {
	{ 'n', "number", "COUNT", "no more than so many", false },
	{ 0, "each", NULL, "each change of a set by itself", false },
	{ 0, "json", NULL, "as a JSON array", false },
	{ 0 },
};

static const struct cli_option restore_options[] = {
	{ 'm', "message", "REASON", "why: recorded with each change", false },
	{ 'n', "dry-run", NULL, "only say what would be done", false },
	{ 0, "partly", NULL, "do what can be done where something cannot", false },
	{ 0, "json", NULL, "the plan and what became of it as JSON", false },
	{ 0 },
};

static const struct cli_option undo_options[] = {
	{ 'm', "message", "REASON", "why: recorded with each change", false },
	{ 'n', "dry-run", NULL, "only say what would be done", false },
	{ 0, "partly", NULL, "do what can be done where something cannot", false },
	{ 0, "set", NULL, "all that was changed by the command that made the change", false },
	{ 0, "json", NULL, "the plan and what became of it as JSON", false },
	{ 0 },
};

const struct cli_command cli_commands[] = {
	{ .name = "allow",
	  .arguments = "removals|lockout|weakening [PATH]",
	  .help = "say that a change a gate refuses is meant",
	  .details = "Some changes are refused until somebody says that they are meant: many removals\n"
		     "in a set within a minute (removals), what may end the session the mount runs on\n"
		     "(lockout), what makes signing on less safe (weakening). Each has its own word;\n"
		     "it holds at and below PATH (else in the whole mount), for some minutes.\n"
		     "\n"
		     "  tenantfs allow removals communities/default/service-providers\n"
		     "  tenantfs allow weakening communities/default/settings/mfa.json\n"
		     "  tenantfs allow --minutes 2 lockout communities/default/users/Staff/admin.json",
	  .options = allow_options,
	  .least = 1,
	  .most = 2,
	  .run = cli_run_allow },
	{ .name = "blame",
	  .arguments = "PATH",
	  .help = "who set each member of a document, when and why",
	  .details = "For each member of the document at PATH, as it is recorded now: the change that\n"
		     "gave it its value.\n"
		     "\n"
		     "  tenantfs blame communities/default/settings/mfa.json",
	  .options = json_options,
	  .least = 1,
	  .most = 1,
	  .run = cli_run_blame },
	{ .name = "call",
	  .arguments = "METHOD PATH [NAME=VALUE…]",
	  .help = "call an endpoint of the API, print its opened answer",
	  .details = "Calls any of the API's endpoints; tenantId and communityId are filled in. PATH\n"
		     "is as in the reference, its {parameters} given as words or filled in. A word\n"
		     "is NAME=VALUE, in the type the endpoint's table says. NAME=@FILE takes the\n"
		     "value from a file (@- standard input), a secret in this way only; NAME:=JSON\n"
		     "any JSON value; NAME.MEMBER=VALUE sets a member of an object. A further word\n"
		     "of an array's name adds an element.\n"
		     "\n"
		     "  tenantfs call GET /healthz\n"
		     "  tenantfs call POST /users/user/lock username=alice lock_duration=30\n"
		     "  tenantfs call PUT /config/authentication/mfa_settings --body mfa.json\n"
		     "  tenantfs call POST /secret-store/create tag=smtp value=@- < password\n"
		     "  tenantfs call --list users\n"
		     "  tenantfs call --describe POST /users/fetch",
	  .options = call_options,
	  .most = -1,
	  .run = cli_run_call },
	{ .name = "complete",
	  .arguments = "[COMMAND]",
	  .help = NULL,
	  .details = "Prints the commands, or a command's options, a line each, for a shell's\n"
		     "completion.",
	  .most = 1,
	  .run = cli_run_complete },
	{ .name = "diff",
	  .arguments = "[REV [REV]] [PATH]",
	  .help = "what differs between two recorded states",
	  .details = "Compares, member by member, two states of the history: those of the revisions\n"
		     "given, one revision with the newest, or the newest with the one before. PATH\n"
		     "leaves out what is not at or below it. Ends with 2 when there is a difference.\n"
		     "\n"
		     "  tenantfs diff HEAD~10\n"
		     "  tenantfs diff 2026-11-20T093000-1a2b3c4d communities/default/settings",
	  .options = json_options,
	  .most = 3,
	  .run = cli_run_diff },
	{ .name = "discard",
	  .arguments = "PATH",
	  .help = "drop a draft that was refused",
	  .details = "Drops the draft kept for PATH; the document shows the server's state again.\n"
		     "\n"
		     "  tenantfs discard communities/default/settings/mfa.json",
	  .least = 1,
	  .most = 1,
	  .run = cli_run_discard },
	{ .name = "help",
	  .arguments = "[COMMAND]",
	  .help = "what a command does, with examples",
	  .details = "Prints the list of commands, or a command's help.\n"
		     "\n"
		     "  tenantfs help mount",
	  .most = 1,
	  .run = cli_run_help },
	{ .name = "journal",
	  .arguments = "[DIR]",
	  .help = "what was sent to the server, by whom, and what became of it",
	  .details = "Prints the last changes of the tenant (as status finds it), oldest first: the\n"
		     "number that show, undo and the like know it by, time, what, outcome, path and\n"
		     "program. With --json the documents before and after, secrets in them as digests.\n"
		     "\n"
		     "  tenantfs journal\n"
		     "  tenantfs journal -n 100 --json | jq '.[] | select(.outcome.result != 0)'",
	  .options = journal_options,
	  .most = 1,
	  .run = cli_run_journal },
	{ .name = "log",
	  .arguments = "[PATH]",
	  .help = "who changed what is at or below a path",
	  .details = "Lists the recorded changes of what is at or below PATH (else all), the newest\n"
		     "first: those made through tenantfs, and those it found others had made. What one\n"
		     "restore or undo changed is one line, a set, unless --each.\n"
		     "\n"
		     "  tenantfs log\n"
		     "  tenantfs log -n 5 communities/default/settings/mfa.json",
	  .options = log_options,
	  .most = 1,
	  .run = cli_run_log },
	{ .name = "login",
	  .arguments = "",
	  .help = "log in, keep the session's token",
	  .details = "Asks for login name, password and code, and keeps the token in the state\n"
		     "folder, for mounts and commands to use. Where standard input is no terminal,\n"
		     "each is a line of it.\n"
		     "\n"
		     "  tenantfs login\n"
		     "  tenantfs -t acme login --user alice\n"
		     "  pass show acme/login | tenantfs login",
	  .options = login_options,
	  .run = cli_run_login },
	{ .name = "logout",
	  .arguments = "",
	  .help = "end the session, forget its token",
	  .details = "Ends the session at the service and removes the token from the state folder.\n"
		     "\n"
		     "  tenantfs logout",
	  .run = cli_run_logout },
	{ .name = "mount",
	  .arguments = "[TENANT] DIR",
	  .help = "mount a tenant as a directory",
	  .details = "Mounts TENANT (else that of -t, else the only one configured) at DIR, an\n"
		     "existing directory. Returns when the tree can be used, or says why it cannot.\n"
		     "From fstab: fuse.tenantfs as type, the tenant as source, config=FILE among the\n"
		     "options.\n"
		     "\n"
		     "  tenantfs mount ~/acme\n"
		     "  tenantfs mount acme ~/acme -o ro\n"
		     "  sudo tenantfs mount acme /srv/acme -o gid=tenant-admins\n"
		     "  tenantfs -c sandbox/tenantfs.conf mount m -f\n"
		     "  mount -t fuse.tenantfs -o config=/etc/tenantfs.conf acme /srv/acme",
	  .options = mount_options,
	  .least = 1,
	  .most = 2,
	  .run = cli_run_mount },
	{ .name = "push",
	  .arguments = "[DIR]",
	  .help = "push the history to its remote now",
	  .details = "Pushes what is recorded to the remote that history-remote names, and says what\n"
		     "became of it. Of the tenant as status finds it. A mount does so by itself, some\n"
		     "seconds after a change; what is changed without a mount waits for one, or for\n"
		     "this.\n"
		     "\n"
		     "  tenantfs push\n"
		     "  tenantfs -t acme push",
	  .options = json_options,
	  .most = 1,
	  .run = cli_run_push },
	{ .name = "refresh",
	  .arguments = "[PATH]",
	  .help = "ask the server anew for what is below a path",
	  .details = "What is below PATH (else all) counts as old: it is asked for anew when it is\n"
		     "next looked at.\n"
		     "\n"
		     "  tenantfs refresh\n"
		     "  tenantfs refresh communities/default/users",
	  .most = 1,
	  .run = cli_run_refresh },
	{ .name = "restore",
	  .arguments = "REV PATH…",
	  .help = "make what is below a path as it was in an earlier state",
	  .details = "Plans the changes that make what is at and below each PATH as it was in the state\n"
		     "REV, shows them, says what cannot be put back (a secret, a user that cannot be\n"
		     "removed), and carries them out as ordinary changes, each recorded by itself.\n"
		     "Where something cannot be put back nothing is done, unless --partly.\n"
		     "\n"
		     "  tenantfs restore -n HEAD~10 communities/default/settings\n"
		     "  tenantfs restore 2026-11-20T093000-1a2b3c4d5e6f communities/default/settings/mfa.json",
	  .options = restore_options,
	  .least = 2,
	  .most = -1,
	  .run = cli_run_restore },
	{ .name = "retry",
	  .arguments = "PATH",
	  .help = "send a draft that was refused once more",
	  .details = "Sends the draft kept for PATH again, as a save would.\n"
		     "\n"
		     "  tenantfs retry communities/default/settings/mfa.json",
	  .least = 1,
	  .most = 1,
	  .run = cli_run_retry },
	{ .name = "sandbox",
	  .arguments = "--data DIR [OPTIONS]",
	  .help = "run a local Admin API server to try things on",
	  .details = "Runs tenantfs-sandbox with the same words; see tenantfs-sandbox(1).\n"
		     "\n"
		     "  tenantfs sandbox --data sandbox --users 200\n"
		     "  tenantfs -c sandbox/tenantfs.conf mount m",
	  .most = -1,
	  .whole = true,
	  .run = cli_run_sandbox },
	{ .name = "show",
	  .arguments = "[REV]",
	  .help = "one recorded change, member by member",
	  .details = "Shows the change REV (else the newest): who made it, when, with which command\n"
		     "and call, why, and each member before and after. REV is the beginning of a\n"
		     "commit's id, a name of .history, what a line of tenantfs journal begins with,\n"
		     "or HEAD~3 and the like.\n"
		     "\n"
		     "  tenantfs show\n"
		     "  tenantfs show 1a2b3c4d",
	  .options = json_options,
	  .most = 1,
	  .run = cli_run_show },
	{ .name = "status",
	  .arguments = "[DIR]",
	  .help = "what is mounted, whether the server answers, what went wrong",
	  .details = "Of the tenant mounted at DIR, else of that of -t, of the present folder, or\n"
		     "the only one configured. Ends with 3 when the tenant's server is not\n"
		     "reachable, with 1 when the tenant is not mounted.\n"
		     "\n"
		     "  tenantfs status\n"
		     "  tenantfs status --json ~/acme | jq .reachable",
	  .options = json_options,
	  .most = 1,
	  .run = cli_run_status },
	{ .name = "umount",
	  .arguments = "DIR",
	  .help = "take a mount away",
	  .details = "Unmounts DIR and waits until its daemon has ended. Says who uses it when it is\n"
		     "busy.\n"
		     "\n"
		     "  tenantfs umount ~/acme",
	  .least = 1,
	  .most = 1,
	  .run = cli_run_umount },
	{ .name = "undo",
	  .arguments = "REV",
	  .help = "take back one recorded change, leave later ones",
	  .details = "Plans the changes that take back what the change REV did, shows them, and carries\n"
		     "them out as ordinary changes. What was changed again since stays as it is and is\n"
		     "named; then nothing is done, unless --partly.\n"
		     "\n"
		     "What one restore or undo changes is a set: with --set all changes of the set that\n"
		     "REV is part of are taken back, the last one first. REV may be the set's own number.\n"
		     "\n"
		     "  tenantfs undo -n 1a2b3c4d5e6f\n"
		     "  tenantfs undo --set HEAD\n"
		     "  tenantfs undo HEAD -m \"ticket 4711 was a mistake\"",
	  .options = undo_options,
	  .least = 1,
	  .most = 1,
	  .run = cli_run_undo },
	{ .name = NULL },
};
