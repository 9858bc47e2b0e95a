/* The table of commands, sorted by name: source of help, completion and argument parsing. */
#include "command.h"

static const struct cli_option allow_options[] = {
	{ 'm', "minutes", "N", "for N minutes (10; a day at most)", false },
	{ 0 },
};

static const struct cli_option call_options[] = {
	{ 0, "body", "FILE", "the body as JSON (- is standard input); NAME=VALUE override it", false },
	{ 0, "community", "NAME", "the community of the call (the first configured)", false },
	{ 0, "describe", NULL, "only print what the endpoint takes", false },
	{ 0, "list", NULL, "list the endpoints that match all given words", false },
	{ 0, "json", NULL, "print {\"status\": …, \"body\": …} instead of the body", false },
	{ 0 },
};

static const struct cli_option journal_options[] = {
	{ 'n', "count", "N", "number of changes (20)", false },
	{ 0, "json", NULL, "as JSON", false },
	{ 0 },
};

static const struct cli_option login_options[] = {
	{ 'u', "user", "NAME", "the login name; not prompted for then", false },
	{ 0, "community", "NAME", "the community to log in to (the first configured)", false },
	{ 0, "factor", "NAME", "the second factor: web_otp, mobile_totp …, or push", false },
	{ 0, "wait", "SECONDS", "how long to wait for the approval of a push (120)", false },
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
	{ 'n', "number", "COUNT", "at most COUNT lines", false },
	{ 0, "each", NULL, "a line for each change of a set", false },
	{ 0, "json", NULL, "as a JSON array", false },
	{ 0 },
};

static const struct cli_option restore_options[] = {
	{ 'm', "message", "REASON", "reason, recorded with each change", false },
	{ 'n', "dry-run", NULL, "only show the plan", false },
	{ 0, "partly", NULL, "do what is possible even if some of it is not", false },
	{ 0, "json", NULL, "print the plan and its outcome as JSON", false },
	{ 0 },
};

static const struct cli_option undo_options[] = {
	{ 'm', "message", "REASON", "reason, recorded with each change", false },
	{ 'n', "dry-run", NULL, "only show the plan", false },
	{ 0, "partly", NULL, "do what is possible even if some of it is not", false },
	{ 0, "set", NULL, "undo the whole set that the change is part of", false },
	{ 0, "json", NULL, "print the plan and its outcome as JSON", false },
	{ 0 },
};

const struct cli_command cli_commands[] = {
	{ .name = "allow",
	  .arguments = "removals|lockout|weakening|blanking [PATH]",
	  .help = "permit a change that a gate refuses",
	  .details = "Some changes are refused until they are permitted: many removals from one\n"
		     "directory within a minute (removals), changes that may end the mount's own\n"
		     "session (lockout), changes that make signing on less safe (weakening), changes\n"
		     "that would erase members which the API does not show (blanking). The permission\n"
		     "applies at and below PATH (default: the whole mount), for some minutes.\n"
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
	  .help = "show who set each member of a document, when and why",
	  .details = "Prints, for each member of the document at PATH, the recorded change that set its\n"
		     "current value.\n"
		     "\n"
		     "  tenantfs blame communities/default/settings/mfa.json",
	  .options = json_options,
	  .least = 1,
	  .most = 1,
	  .run = cli_run_blame },
	{ .name = "call",
	  .arguments = "METHOD PATH [NAME=VALUE…]",
	  .help = "call an endpoint of the API and print its answer",
	  .details = "Calls any endpoint of the API; tenantId and communityId are added. PATH is as in\n"
		     "the reference; its {parameters} are filled in or given as NAME=VALUE. A VALUE is\n"
		     "converted to the field's type. NAME=@FILE reads it from a file (@- is standard\n"
		     "input), the only way to give a secret; NAME:=JSON takes any JSON value;\n"
		     "NAME.MEMBER=VALUE sets a member of an object. A repeated NAME adds an element to\n"
		     "an array. A call that takes a file has file=@FILE. The answer of a redirection\n"
		     "is its target. --json shows the headers location, requestid, retry-after and\n"
		     "content-disposition as well. What a value has to be is checked before the call.\n"
		     "\n"
		     "  tenantfs call GET /healthz\n"
		     "  tenantfs call POST /users/user/lock username=alice lock_duration=30\n"
		     "  tenantfs call PUT /config/session_attributes --body attributes.json\n"
		     "  tenantfs call POST /secret-store/create tag=smtp value=@- < password\n"
		     "  tenantfs call POST /hardwaretokens/import_csv file=@tokens.csv\n"
		     "  tenantfs call --list users\n"
		     "  tenantfs call --describe POST /users/fetch",
	  .options = call_options,
	  .most = -1,
	  .run = cli_run_call },
	{ .name = "complete",
	  .arguments = "[COMMAND]",
	  .help = NULL,
	  .details = "Prints the commands, or a command's options, one per line, for the shell's\n"
		     "completion.",
	  .most = 1,
	  .run = cli_run_complete },
	{ .name = "diff",
	  .arguments = "[REV [REV]] [PATH]",
	  .help = "compare two recorded states",
	  .details = "Compares two states of the history, member by member: two revisions, a revision\n"
		     "and the newest state, or the newest state and the one before. PATH limits the\n"
		     "comparison to what is at or below it. The exit code is 2 if they differ.\n"
		     "\n"
		     "  tenantfs diff HEAD~10\n"
		     "  tenantfs diff 2026-11-20T093000-1a2b3c4d communities/default/settings",
	  .options = json_options,
	  .most = 3,
	  .run = cli_run_diff },
	{ .name = "discard",
	  .arguments = "PATH",
	  .help = "drop a refused draft",
	  .details = "Drops the draft kept for PATH; the document shows the server's state again.\n"
		     "\n"
		     "  tenantfs discard communities/default/settings/mfa.json",
	  .least = 1,
	  .most = 1,
	  .run = cli_run_discard },
	{ .name = "help",
	  .arguments = "[COMMAND]",
	  .help = "show what a command does, with examples",
	  .details = "Prints the list of commands, or the help of a command.\n"
		     "\n"
		     "  tenantfs help mount",
	  .most = 1,
	  .run = cli_run_help },
	{ .name = "journal",
	  .arguments = "[DIR]",
	  .help = "list the changes sent to the server, and their outcomes",
	  .details = "Prints the last changes of the tenant (found as by status), oldest first: the\n"
		     "number, a revision for show and undo; time, action, outcome, path and program.\n"
		     "--json adds the documents before and after, with secrets as digests.\n"
		     "\n"
		     "  tenantfs journal\n"
		     "  tenantfs journal -n 100 --json | jq '.[] | select(.outcome.result != 0)'",
	  .options = journal_options,
	  .most = 1,
	  .run = cli_run_journal },
	{ .name = "log",
	  .arguments = "[PATH]",
	  .help = "list who changed what at or below a path",
	  .details = "Lists the recorded changes at or below PATH (default: all), newest first: those\n"
		     "made through tenantfs, and those by others that it noticed. The changes of one\n"
		     "restore or undo are a set, shown as one line unless --each is given.\n"
		     "\n"
		     "  tenantfs log\n"
		     "  tenantfs log -n 5 communities/default/settings/mfa.json",
	  .options = log_options,
	  .most = 1,
	  .run = cli_run_log },
	{ .name = "login",
	  .arguments = "",
	  .help = "log in and store the session's token",
	  .details = "Asks for login name, password and code, and stores the token in the state folder,\n"
		     "for mounts and commands. If standard input is not a terminal, each is one line\n"
		     "of it. The service names the second factor, or --factor does: web_otp,\n"
		     "mobile_totp, hw_otp, any_otp, profile_otp, user_pin, or push, which is approved on\n"
		     "the user's device.\n"
		     "\n"
		     "  tenantfs login\n"
		     "  tenantfs -t acme login --user alice\n"
		     "  tenantfs login --user alice --factor push\n"
		     "  pass show acme/login | tenantfs login",
	  .options = login_options,
	  .run = cli_run_login },
	{ .name = "logout",
	  .arguments = "",
	  .help = "end the session and remove its token",
	  .details = "Ends the session at the service and removes the token from the state folder.\n"
		     "\n"
		     "  tenantfs logout",
	  .run = cli_run_logout },
	{ .name = "mount",
	  .arguments = "[TENANT] DIR",
	  .help = "mount a tenant as a directory",
	  .details = "Mounts TENANT (default: that of -t, or the only one configured) at the existing\n"
		     "directory DIR. Returns when the tree is usable, or with the reason why it is not.\n"
		     "In fstab: type fuse.tenantfs, the tenant as source, config=FILE as an option.\n"
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
	  .details = "Pushes the recorded history to history-remote and prints the outcome. The tenant\n"
		     "is found as by status. A mount pushes by itself, some seconds after a change;\n"
		     "changes made without a mount wait for the next one, or for this command.\n"
		     "\n"
		     "  tenantfs push\n"
		     "  tenantfs -t acme push",
	  .options = json_options,
	  .most = 1,
	  .run = cli_run_push },
	{ .name = "refresh",
	  .arguments = "[PATH]",
	  .help = "read what is below a path from the server again",
	  .details = "Invalidates the cache at and below PATH (default: all): the next access reads from\n"
		     "the server.\n"
		     "\n"
		     "  tenantfs refresh\n"
		     "  tenantfs refresh communities/default/users",
	  .most = 1,
	  .run = cli_run_refresh },
	{ .name = "restore",
	  .arguments = "REV PATH…",
	  .help = "restore what is below a path from an earlier state",
	  .details = "Plans the changes that restore what is at and below each PATH from the state REV,\n"
		     "shows them and what cannot be restored (a secret, a user that cannot be removed),\n"
		     "and makes them as ordinary changes, each recorded separately. If something\n"
		     "cannot be restored nothing is done, unless --partly is given.\n"
		     "\n"
		     "  tenantfs restore -n HEAD~10 communities/default/settings\n"
		     "  tenantfs restore 2026-11-20T093000-1a2b3c4d5e6f communities/default/settings/mfa.json",
	  .options = restore_options,
	  .least = 2,
	  .most = -1,
	  .run = cli_run_restore },
	{ .name = "retry",
	  .arguments = "PATH",
	  .help = "send a refused draft again",
	  .details = "Sends the draft kept for PATH again, like a save.\n"
		     "\n"
		     "  tenantfs retry communities/default/settings/mfa.json",
	  .least = 1,
	  .most = 1,
	  .run = cli_run_retry },
	{ .name = "sandbox",
	  .arguments = "--data DIR [OPTIONS]",
	  .help = "run a local Admin API server to try things out",
	  .details = "Runs tenantfs-sandbox with the same arguments; see tenantfs-sandbox(1).\n"
		     "\n"
		     "  tenantfs sandbox --data sandbox --users 200\n"
		     "  tenantfs -c sandbox/tenantfs.conf mount m",
	  .most = -1,
	  .whole = true,
	  .run = cli_run_sandbox },
	{ .name = "show",
	  .arguments = "[REV]",
	  .help = "show one recorded change, member by member",
	  .details = "Shows the change REV (default: the newest): who made it, when, with which command\n"
		     "and call, why, and each member before and after. REV is the beginning of a\n"
		     "commit id, a name in .history, a number printed by tenantfs journal, or HEAD~3\n"
		     "and the like.\n"
		     "\n"
		     "  tenantfs show\n"
		     "  tenantfs show 1a2b3c4d",
	  .options = json_options,
	  .most = 1,
	  .run = cli_run_show },
	{ .name = "status",
	  .arguments = "[DIR]",
	  .help = "show mount, server, session, drafts and recent errors",
	  .details = "Shows the tenant mounted at DIR; default: that of -t, of the current directory, or\n"
		     "the only one configured. The exit code is 3 if the tenant's server is not\n"
		     "reachable, 1 if the tenant is not mounted.\n"
		     "\n"
		     "  tenantfs status\n"
		     "  tenantfs status --json ~/acme | jq .reachable",
	  .options = json_options,
	  .most = 1,
	  .run = cli_run_status },
	{ .name = "umount",
	  .arguments = "DIR",
	  .help = "unmount a tenant",
	  .details = "Unmounts DIR and waits until its daemon has ended. If the mount is busy, lists\n"
		     "the processes that use it.\n"
		     "\n"
		     "  tenantfs umount ~/acme",
	  .least = 1,
	  .most = 1,
	  .run = cli_run_umount },
	{ .name = "undo",
	  .arguments = "REV",
	  .help = "undo one recorded change, keep later ones",
	  .details = "Plans the changes that undo the change REV, shows them, and makes them as ordinary\n"
		     "changes. Members changed again since are listed and kept; then nothing is done,\n"
		     "unless --partly is given.\n"
		     "\n"
		     "The changes of one restore or undo are a set: --set undoes all changes of the set\n"
		     "that REV is part of, the last one first. REV may also be the number of a set.\n"
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
