// Text from outside (flags, file names, environment, last words of programs) made fit for a
// terminal.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace convoy {

// `text` in one line of letters that show. Control and formatting letters (escape sequences, line
// ends, letters that turn the direction of writing) and bytes that are no UTF-8 become \x1b or
// \u202e; so does what CI servers take for a command of theirs: `::` at the begin, `##[` anywhere.
std::string printable(std::string_view text);

// Writes `line` made printable, and ends it. Everything the program says in words goes this way;
// JSON does not, and keeps what it was given. May block on the stream.
void print_line(std::FILE* stream, std::string_view line);

}  // namespace convoy
