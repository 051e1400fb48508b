/** What all commands share: terminal output, errors and exit statuses. No command belongs here. */
@NullMarked
package dev.perennial.cli.console;

import org.jspecify.annotations.NullMarked;
