// std::visit(Match{[](const A&) {...}, [](const B&) {...}}, variant): one lambda for each
// alternative.
#pragma once

namespace weir {

template <typename... Cases>
struct Match : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Match(Cases...) -> Match<Cases...>;

}  // namespace weir
