/* What reaches a terminal: printable characters only; a file gets the exact bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pty.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "terminal.h"

/* Writes the pieces to both streams with the descriptors `out` and `err`; each piece is flushed. */
static void write_pieces(int out, int err, const char *const *pieces)
{
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	cli_terminal_guard();
	for (; *pieces; pieces++) {
		fputs(*pieces, stdout);
		fflush(stdout);
	}
	fputs("\x1b[1mwarning\n", stderr);
	exit(0);
}

/* What a child prints when stdout is the terminal (`terminal`) or a pipe; stderr is always the terminal. */
static void run(const char *const *pieces, bool terminal, char *shown, char *piped, size_t room)
{
	int master, slave, pipes[2];
	ssize_t n;
	size_t len = 0;
	struct termios raw;

	memset(shown, 0, room);
	memset(piped, 0, room);
	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	tcgetattr(slave, &raw);
	cfmakeraw(&raw);
	tcsetattr(slave, TCSANOW, &raw);
	assert_int_equal(pipe(pipes), 0);
	pid_t child = fork();
	if (child == 0)
		write_pieces(terminal ? slave : pipes[1], slave, pieces);
	close(slave);
	close(pipes[1]);
	while ((n = read(master, shown + len, room - 1 - len)) > 0)
		len += (size_t)n;
	n = read(pipes[0], piped, room - 1);
	assert_true(n >= 0);
	close(master);
	close(pipes[0]);
	waitpid(child, NULL, 0);
}

static void test_terminal_gets_printable_text(void **state)
{
	static const char *const pieces[] = { "a\tb\n\x1b[2J\x07", "\xc2\x9b\xe2\x80\xae \xff caf\xc3", "\xa9 \xe2\x82",
					      NULL };
	char shown[256], piped[256];

	(void)state;
	run(pieces, true, shown, piped, sizeof(shown));
	/* The character cut by the end of a piece is whole; the one that never ends is left out. */
	assert_string_equal(shown, "a\tb\n\\x1b[2J\\x07\\u{009b}\\u{202e} \\xff caf\xc3\xa9 \\x1b[1mwarning\n");
	assert_string_equal(piped, "");
}

static void test_pipe_gets_exact_bytes(void **state)
{
	static const char *const pieces[] = { "\x1b[2J\xff\n", NULL };
	char shown[256], piped[256];

	(void)state;
	run(pieces, false, shown, piped, sizeof(shown));
	assert_string_equal(piped, "\x1b[2J\xff\n");
	assert_string_equal(shown, "\\x1b[1mwarning\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_terminal_gets_printable_text),
		cmocka_unit_test(test_pipe_gets_exact_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
