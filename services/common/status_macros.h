// Control flow for absl::Status and absl::StatusOr, which abseil 20220623 does not have itself.
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the enclosing function with the status of `expression`, unless it is OK.
#define MAB_RETURN_IF_ERROR(expression)                                    \
  do {                                                                     \
    if (absl::Status mab_status_ = (expression); !mab_status_.ok()) {      \
      return mab_status_;                                                  \
    }                                                                      \
  } while (false)

// MAB_ASSIGN_OR_RETURN(const T value, StatusOrReturning()): declares `value`, or returns the error.
#define MAB_ASSIGN_OR_RETURN(declaration, expression) \
  MAB_ASSIGN_OR_RETURN_IMPL_(MAB_CONCAT_(mab_status_or_, __LINE__), declaration, expression)
#define MAB_ASSIGN_OR_RETURN_IMPL_(status_or, declaration, expression) \
  auto status_or = (expression);                                       \
  if (!status_or.ok()) return std::move(status_or).status();           \
  declaration = *std::move(status_or)
#define MAB_CONCAT_(a, b) MAB_CONCAT_INNER_(a, b)
#define MAB_CONCAT_INNER_(a, b) a##b
