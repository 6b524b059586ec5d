// atoma log serve: a log of its own, for anybody's bytes. Private to the commands.
#pragma once

#include "command.h"

namespace atoma::app {

void add_log_serve(CLI::App& log, Context& context);

}  // namespace atoma::app
