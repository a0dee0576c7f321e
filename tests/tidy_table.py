"""The architecture as data: what tests/tidy.py holds the tree against."""

# What may stand at the top of the repository. Names that start with a dot are free.
TOP_LEVEL = {
    "CMakeLists.txt",
    "CMakePresets.json",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "deploy",
    "docs",
    "engine",
    "operators",
    "proto",
    "runtime",
    "state",
    "tests",
}

ROOMS_OF_CODE = ("engine", "operators", "runtime", "state")

VALUES = ["engine/base", "engine/data"]
PURE = [*VALUES, "engine/expr", "engine/time"]
CONNECTOR = [*PURE, "operators/connectors", "operators/connectors/formats"]
SOURCES_AND_SINKS = [
    f"operators/connectors/{name}"
    for name in ("blackhole", "file", "generator", "kafka", "postgres", "print")
]
COMPUTING = [
    *PURE,
    "engine/plan",
    "engine/protocol",
    "state",
    "operators",
    "operators/connectors",
    "operators/connectors/formats",
]

# What a coordinator is made of: no operator, no connector.
DECIDING = [*PURE, "engine/plan", "engine/protocol", "state"]

# Layer: (the layers it may include besides itself, the libraries it may use). A file belongs to the
# layer with the longest matching path.
LAYERS = {
    "engine/base": ([], ["fmt"]),
    "engine/data": (["engine/base"], ["fmt"]),
    "engine/expr": (VALUES, ["fmt", "openssl", "re2"]),
    "engine/time": ([*VALUES, "engine/expr"], ["fmt"]),
    "engine/plan": (PURE, ["boost-json", "fmt"]),
    "engine/protocol": ([*PURE, "engine/plan"], ["fmt"]),
    "engine/sql": ([*PURE, "engine/plan", "engine/protocol"], ["boost-json", "fmt", "pg_query"]),
    "state": ([*VALUES, "proto"], ["fmt", "protobuf"]),
    "state/warm": ([*VALUES, "state"], ["fmt", "rocksdb"]),
    "operators": ([*PURE, "engine/plan", "state"], ["fmt"]),
    "operators/connectors": (PURE, ["fmt"]),
    "operators/connectors/formats": ([*PURE, "operators/connectors"], ["fmt", "simdjson"]),
    "operators/connectors/blackhole": (CONNECTOR, ["fmt"]),
    "operators/connectors/file": (CONNECTOR, ["fmt", "zlib", "zstd"]),
    "operators/connectors/generator": (CONNECTOR, ["fmt"]),
    "operators/connectors/kafka": (CONNECTOR, ["fmt", "librdkafka", "threads"]),
    "operators/connectors/postgres": (CONNECTOR, ["fmt", "libpq"]),
    "operators/connectors/print": (CONNECTOR, ["fmt"]),
    "proto": ([], []),
    "runtime": (["runtime"], ["fmt", "spdlog", "threads"]),
    "runtime/messages": (DECIDING, ["fmt", "openssl"]),
    "runtime/task": (
        [*COMPUTING, "runtime/messages"],
        ["boost-asio", "fmt", "spdlog", "threads"],
    ),
    "runtime/rpc": (
        [*DECIDING, "proto", "runtime/messages"],
        ["fmt", "grpc", "openssl", "protobuf", "spdlog", "threads"],
    ),
    "runtime/exchange": (
        [*COMPUTING, "runtime/messages", "runtime/task", "runtime/rpc"],
        ["boost-asio", "fmt", "grpc", "lz4", "spdlog", "threads", "zstd"],
    ),
    "runtime/http": (
        [*DECIDING, "runtime/messages"],
        ["boost-asio", "boost-json", "fmt", "openssl", "spdlog", "threads"],
    ),
    "runtime/election": (
        [*DECIDING, "runtime/messages"],
        ["boost-asio", "boost-json", "fmt", "openssl", "threads"],
    ),
    "runtime/worker": (
        [
            *COMPUTING,
            "state/warm",
            "runtime/messages",
            "runtime/task",
            "runtime/exchange",
            "runtime/rpc",
            "runtime/http",
        ],
        ["boost-asio", "fmt", "spdlog", "threads"],
    ),
    "runtime/coordinator": (
        [*DECIDING, "engine/sql", "runtime/messages", "runtime/rpc", "runtime/http"],
        ["boost-asio", "boost-json", "fmt", "spdlog", "threads"],
    ),
    # Both halves in one process.
    "runtime/local": (
        [
            *COMPUTING,
            "runtime/messages",
            "runtime/task",
            "runtime/worker",
            "runtime/coordinator",
        ],
        ["fmt", "threads"],
    ),
    "runtime/cli": (
        [
            *COMPUTING,
            *SOURCES_AND_SINKS,
            "engine/sql",
            "runtime",
            "runtime/messages",
            "runtime/task",
            "runtime/exchange",
            "runtime/rpc",
            "runtime/http",
            "runtime/election",
            "runtime/worker",
            "runtime/coordinator",
            "runtime/local",
        ],
        ["boost-asio", "boost-json", "cli11", "fmt", "spdlog", "threads", "yaml-cpp"],
    ),
    "runtime/main.cc": (["runtime/cli"], []),
}

# Header of a library (a regular expression for what stands in <>): the library.
LIBRARY_HEADERS = [
    (r"boost/json.*", "boost-json"),
    (r"boost/(asio|beast|system)[/.].*", "boost-asio"),
    (r"catch2/.*", "catch2"),
    (r"CLI/.*", "cli11"),
    (r"fmt/.*", "fmt"),
    (r"google/protobuf/.*|proto/weir/\w+\.pb\.h", "protobuf"),
    (r"grpc(pp)?/.*|proto/weir/\w+\.grpc\.pb\.h", "grpc"),
    (r"libpq-fe\.h", "libpq"),
    (r"librdkafka/.*", "librdkafka"),
    (r"lz4.*\.h", "lz4"),
    (r"openssl/.*", "openssl"),
    (r"pg_query\.h", "pg_query"),
    (r"re2/.*", "re2"),
    (r"rocksdb/.*", "rocksdb"),
    (r"simdjson\.h", "simdjson"),
    (r"spdlog/.*", "spdlog"),
    (r"yaml-cpp/.*", "yaml-cpp"),
    (r"zlib\.h", "zlib"),
    (r"zstd(_errors)?\.h", "zstd"),
]

# Library as CMakeLists.txt links it: its name above.
LINKED_LIBRARIES = {
    "Boost::headers": "boost-asio",
    "Boost::json": "boost-json",
    "CLI11::CLI11": "cli11",
    "fmt::fmt": "fmt",
    "gRPC::grpc++": "grpc",
    "OpenSSL::Crypto": "openssl",
    "OpenSSL::SSL": "openssl",
    "PkgConfig::LZ4": "lz4",
    "PkgConfig::RDKAFKA": "librdkafka",
    "PkgConfig::RE2": "re2",
    "PkgConfig::ZSTD": "zstd",
    "PostgreSQL::PostgreSQL": "libpq",
    "${PG_QUERY}": "pg_query",
    "RocksDB::rocksdb": "rocksdb",
    "simdjson::simdjson": "simdjson",
    "spdlog::spdlog": "spdlog",
    "Threads::Threads": "threads",
    "weir_control": "grpc",
    "weir_proto": "protobuf",
    "yaml-cpp": "yaml-cpp",
    "ZLIB::ZLIB": "zlib",
}

# Headers of the system that every file may include; others are for those who own the outside world.
HARMLESS_SYSTEM_HEADERS = r"[a-z]+intrin\.h|cpuid\.h|cxxabi\.h"
OUTSIDE_WORLD = ("runtime/", "operators/connectors/", "state/", "tests/")

# Standard headers that only some may include: (headers, who may, why).
WORLDLY = ("runtime/", "tests/")
RESTRICTED_HEADERS = [
    (
        {
            "barrier",
            "condition_variable",
            "future",
            "latch",
            "mutex",
            "semaphore",
            "shared_mutex",
            "stop_token",
            "thread",
        },
        (*WORLDLY, "operators/connectors/kafka/"),
        "threads and locks live in runtime/",
    ),
    (
        {"filesystem", "fstream"},
        (*WORLDLY, "operators/connectors/file/", "state/"),
        "no files here",
    ),
    (
        {"random"},
        WORLDLY,
        "randomness lives in runtime/; its distributions differ between libraries besides",
    ),
    ({"iostream"}, WORLDLY, "output lives in runtime/cli"),
]

# Calls that only some may make: (what to look for, who may, what to do instead). Comments and
# strings are not looked at.
NOBODY = ()
CLOCKS = (*WORLDLY, "operators/connectors/kafka/")
OUTPUT = (
    "runtime/cli/",
    "runtime/main.cc",
    "operators/connectors/print/",
    "tests/",
    "engine/base/check.cc",
)
BANNED_CALLS = [
    (
        r"\b(sleep_for|sleep_until|usleep|nanosleep)\b|(?<![\w.>])sleep\s*\(",
        NOBODY,
        "nothing sleeps: wait for the event",
    ),
    (r"(?<![\w.>])(std::|::)?system\s*\(", NOBODY, "no shell is called"),
    (
        r"(?<![\w.>:])(std::|::)?(rand|srand|drand48|random)\s*\(",
        NOBODY,
        "take a seed from who calls you",
    ),
    (r"\brandom_device\b", ("runtime/",), "randomness lives in runtime/"),
    (
        r"\bstd::(jthread|thread|async|mutex|shared_mutex|recursive_mutex|condition_variable"
        r"|scoped_lock|lock_guard"
        r"|unique_lock)\b",
        CLOCKS,
        "threads and locks live in runtime/",
    ),
    (
        r"\b(system_clock|steady_clock|high_resolution_clock|clock_gettime|gettimeofday)\b"
        r"|(?<![\w.>])(std::|::)time\s*\(",
        CLOCKS,
        "clocks live in runtime/: be told the time",
    ),
    (r"\bthrow\b", NOBODY, "return a Status or a Result"),
    (
        r"\b(v|f|vf|d)?printf\s*\(|\bf?puts\s*\(|\bputchar\s*\("
        r"|\bstd::(cout|cerr|clog)\b|\bfmt::print\s*\(",
        OUTPUT,
        "output lives in runtime/cli",
    ),
    (r"\bspdlog::", WORLDLY, "logging lives in runtime/"),
    (
        r"\bgetenv\s*\(",
        ("runtime/cli/", "runtime/main.cc", "tests/"),
        "the environment is read in runtime/cli",
    ),
    (r"\busing\s+namespace\b", NOBODY, "name what you use"),
]

# Words that no file, folder, class or namespace is called: they gather what nobody placed.
BANNED_NAMES = {
    "common",
    "context",
    "helper",
    "helpers",
    "impl",
    "manager",
    "misc",
    "util",
    "utils",
}

# Sources without a test of their own: the reason.
WITHOUT_TEST = {
    "operators/connectors/file/part_writer.cc": "what both sinks of files do; file_sink_test.cc",
    "runtime/task/declared_tables.cc": "tests/runtime/task/planned_tables_test.cc names them",
    "runtime/task/job_splits.cc": "a part of JobTasks; tests/runtime/task/job_tasks_test.cc",
    "runtime/http/http_connection.cc": "tests/runtime/http/http_server_test.cc is its clients",
    "runtime/rpc/message_parts.cc": "tests/runtime/rpc/message_codec_test.cc sends each part",
    "runtime/rpc/report_codec.cc": "the half of message_codec.h that its test covers too",
    "runtime/main.cc": "calls the command line and returns its exit code; tests/e2e runs it",
    "runtime/cli/cancel_command.cc": "tests/runtime/cli/client_commands_test.cc",
    "runtime/cli/list_command.cc": "tests/runtime/cli/client_commands_test.cc",
    "runtime/cli/logs_command.cc": "tests/runtime/cli/client_commands_test.cc",
    "runtime/cli/rescale_command.cc": "tests/runtime/cli/client_commands_test.cc",
    "runtime/cli/savepoint_command.cc": "tests/runtime/cli/client_commands_test.cc",
    "runtime/cli/savepoint_order.cc": "tests/runtime/cli/client_commands_test.cc",
    "runtime/cli/show_command.cc": "tests/runtime/cli/client_commands_test.cc",
    "runtime/cli/stop_command.cc": "tests/runtime/cli/client_commands_test.cc",
    "runtime/cli/submit_command.cc": "tests/runtime/cli/client_commands_test.cc",
    "runtime/cli/why_command.cc": "tests/runtime/cli/client_commands_test.cc",
    "runtime/cli/command_line.cc": "tests/runtime/cli/client_line_test.cc",
    "runtime/cli/config_command.cc": "prints what settings.h finds; tests/e2e/test_config.py",
    "runtime/cli/explain_command.cc": "prints what engine/plan makes; tests/e2e/test_cli.py",
    "runtime/cli/interrupt.cc": "owns the signals of a process; tests/e2e/test_broker_trouble.py",
    "runtime/cli/live_line.cc": "shows progress on a terminal; tests/e2e/test_cli.py",
    "runtime/cli/log.cc": "hands lines to spdlog",
    "runtime/cli/terminal.cc": "asks the system; tests/e2e/test_cli.py looks at a terminal",
    "runtime/cli/coordinator_command.cc": "runs a coordinator; tests/e2e/test_cluster.py",
    "runtime/cli/worker_command.cc": "runs a worker; tests/e2e/test_cluster.py",
    "runtime/cli/plan_command.cc": "prints what state_fit.h finds; tests/e2e/test_savepoints.py",
    "runtime/coordinator/coordinator_api.cc": "tests/runtime/coordinator/coordinator_test.cc",
    "runtime/coordinator/ended_jobs.cc": "tests/runtime/coordinator/coordinator_test.cc",
    "runtime/coordinator/job_actions.cc": "tests/runtime/coordinator/job_control_test.cc",
    "runtime/cli/run_command.cc": "runs a job from start to end; tests/golden and tests/e2e",
    "runtime/coordinator/api_schemas.cc": "data; tests/runtime/coordinator/openapi_test.cc",
    "runtime/cli/weir_main.cc": "reads the command line; tests/e2e/test_cli.py runs it",
    "runtime/exchange/exchange_loop.cc": "does what exchange.h promises: exchange_test.cc",
    "runtime/exchange/wire.cc": "hands messages to gRPC; exchange_test.cc and peer_stream_test.cc",
}

# Text that the project must not hold: (what to look for, what it is). Spelled so that this file
# does not hold it either.
FOREIGN_WORDS = [
    (r"(?<![\w.])/[w]ork\b", "a path of one machine"),
    (r"(?<![\w.])/[t]mp/\w", "a path of one machine (make a temporary folder)"),
    (r"(?<![\w.])/[r]oot/\w|(?<![\w.])/[h]ome/\w", "a path of one machine"),
    (r"(?<!\w)\.[l]ibrary\b", "a folder of one machine"),
    (r"(?<![\w/.-])(\.\./)*[s]hared/[a-z]+\.md", "a page that is not in the repository"),
    (r"(?i)\b(c[l]aude|a[n]thropic|c[h]atgpt|o[p]enai|l[l]ms?)\b", "not about the project"),
    (
        r"https?://(r[e]po\d*|r[e]gistry|d[e]b|s[e]curity|p[r]oxy|f[i]les|i[n]dex|p[y]pi)\.[a-z.]+",
        "a host of a registry",
    ),
    (r"<{7} |>{7} |^={7}$", "a conflict that was not resolved"),
]

FILE_LINES_MAX = 800
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100
