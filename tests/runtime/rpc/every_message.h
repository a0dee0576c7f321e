// Every message between coordinator and workers, with something in every field.
#pragma once

#include "runtime/messages/messages.h"

#include <vector>

namespace weir {

std::vector<ToWorker> every_order();
std::vector<FromWorker> every_report();

}  // namespace weir
