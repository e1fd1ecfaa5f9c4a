// PostgreSQL, and the only place that knows libpq (postgres_*.cc).
//
// Parameters and results travel as text (but for the arrays of large batches, postgres_array.h); statements are unnamed (no prepared statement outlives a transaction, and no
// session state is set), so a pooler in transaction mode can stand in between.
//
// Errors: every statement returns absl::Status. postgres_error.h maps SQLSTATE. PostgreSQL's own text is in the status
// for the log; rpc_status.h never shows it to a client.
#pragma once

#include "common/postgres_array.h"       // IWYU pragma: export
#include "common/postgres_connection.h"  // IWYU pragma: export
#include "common/postgres_error.h"       // IWYU pragma: export
#include "common/postgres_param.h"       // IWYU pragma: export
#include "common/postgres_pool.h"        // IWYU pragma: export
#include "common/postgres_result.h"      // IWYU pragma: export
