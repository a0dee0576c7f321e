#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

#include <cmath>

namespace weir {

TEST_CASE("DoublesRoundHalfToEven") {
  CHECK(compute("round", {"double precision:2.5"}) == "2");
  CHECK(compute("round", {"double precision:-3.5"}) == "-4");
  CHECK(compute("ceil", {"double precision:-0.5"}) == "-0");
  CHECK(compute("floor", {"double precision:-0.5"}) == "-1");
  CHECK(compute("trunc", {"double precision:-1.9"}) == "-1");
  CHECK(type_of("round", {"int:5"}) == "double precision");
}

TEST_CASE("RootsPowersAndLogarithmsOfDoubles") {
  CHECK(compute("sqrt", {"double precision:2"}) == "1.4142135623730951");
  CHECK(compute("power", {"int:2", "int:10"}) == "1024");
  CHECK(compute("^", {"double precision:2", "double precision:-1"}) == "0.5");
  CHECK(compute("ln", {"double precision:1"}) == "0");
  CHECK(compute("exp", {"double precision:0"}) == "1");
}

TEST_CASE("WhatIsNotDefinedIsAnErrorOfTheRow") {
  CHECK(compute("sqrt", {"double precision:-1"}) ==
        "!cannot take square root of a negative number: -1");
  CHECK(compute("ln", {"double precision:0"}) == "!cannot take logarithm of zero");
  CHECK(compute("ln", {"double precision:-1"}) ==
        "!cannot take logarithm of a negative number: -1");
  CHECK(compute("power", {"int:0", "int:-1"}) ==
        "!zero raised to a negative power is undefined: -1");
  CHECK(
      compute("power", {"double precision:-8", "double precision:0.5"}).starts_with("!a negative"));
  CHECK(compute("exp", {"double precision:1000"}) == "!value out of range: overflow");
  CHECK(compute("exp", {"double precision:-1000"}) == "!value out of range: underflow");
}

TEST_CASE("GreatCircleMeasuresTheGlobe") {
  const auto km = [](const char* lat1, const char* lon1, const char* lat2, const char* lon2) {
    const auto cell = [](const char* text) { return std::string("double precision:") + text; };
    return std::stod(compute("great_circle_km", {cell(lat1), cell(lon1), cell(lat2), cell(lon2)}));
  };
  CHECK(km("0", "0", "0", "0") == 0);
  CHECK(km("0", "0", "0", "180") == Approx(20015.115));
  CHECK(km("90", "0", "-90", "77") == Approx(20015.115));
  CHECK(km("0", "0", "0", "1") == Approx(111.195));
  CHECK(km("52.52", "13.405", "48.8566", "2.3522") == Approx(877.46).margin(0.1));
  CHECK(compute("great_circle_km", {"int:91", "int:0", "int:0", "int:0"}) ==
        "!latitude out of range: 91 and 0 must be in -90 to 90");
}

}  // namespace weir
