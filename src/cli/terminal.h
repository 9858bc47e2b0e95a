/* Standard output and standard error as a terminal may have them. */
#ifndef TENANTFS_CLI_TERMINAL_H
#define TENANTFS_CLI_TERMINAL_H

/*
 * Guards stdout and stderr where they are terminals: names, reasons and messages come from the server and from other
 * users. From then on a character that a terminal obeys is printed as \xNN or \u{NNNN}, newline and tab aside; so is a
 * byte that is not UTF-8. Output to a file or a pipe stays exact. Call once, at the start of main.
 */
void cli_terminal_guard(void);

#endif
