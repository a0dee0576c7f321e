#include "runtime/cli/commands.h"

int main(int argc, char** argv) { return weir::weir_main(argc, argv); }
