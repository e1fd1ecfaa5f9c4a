// What a unary call says of whom it is made for, in its metadata: `mab-origin`, the website whose
// page asks; `mab-bot-sign`, the name of a v1::StreamCall::BotSign; `mab-experiment-by: key`, that
// an experiment's id is no name of it. All are taken of anybody, for they only take away what the
// call may do.
//
// Thread safety: a pure function.
#pragma once

#include <grpcpp/server_context.h>

#include "assignment/caller.h"
#include "mab/v1/assignment_service.pb.h"

namespace mab::assignment {

// `context` outlives the result. An origin that is said twice is one that nobody allows.
Caller DecodeCaller(const grpc::ServerContextBase& context);

// A sign of a newer gateway is none: nobody is left out without a reason that is known here.
BotSign DecodeBotSign(v1::StreamCall::BotSign sign);

}  // namespace mab::assignment
