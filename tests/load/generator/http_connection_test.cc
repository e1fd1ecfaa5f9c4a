#include "http_connection.h"

#include <gtest/gtest.h>

#include "prepared_request.h"

namespace mab::load {
namespace {

TEST(ParseHeadTest, ReadsStatusAndLength) {
  HttpHead head;
  const absl::string_view text =
      "HTTP/1.1 503 Service Unavailable\r\ncontent-length:  12\r\nConnection: Close\r\n\r\nbody";
  ASSERT_EQ(ParseHead(text, head), HeadState::kWhole);
  EXPECT_EQ(head.status, 503);
  EXPECT_EQ(head.bytes, text.size() - 4);
  EXPECT_EQ(head.body_bytes, 12);
  EXPECT_TRUE(head.closes);
}

TEST(ParseHeadTest, WaitsForTheEmptyLine) {
  HttpHead head;
  EXPECT_EQ(ParseHead("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n", head), HeadState::kPartial);
}

TEST(ParseHeadTest, TakesNoAnswerWithoutALengthNorAnotherProtocol) {
  HttpHead head;
  EXPECT_EQ(ParseHead("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", head),
            HeadState::kBroken);
  EXPECT_EQ(ParseHead("SSH-2.0-OpenSSH_9.2\r\n\r\n", head), HeadState::kBroken);
}

TEST(PreparedRequestTest, HasTheDigitsOfUserAndExperiment) {
  PreparedRequest request = PreparedRequest::Post("host:1", "assign");
  const std::string text(request.With(42, 7));
  EXPECT_TRUE(text.starts_with("POST /api/experiments/load-000007/assign HTTP/1.1\r\n")) << text;
  EXPECT_TRUE(text.ends_with("Content-Length: 34\r\n\r\n{\"user_id\":\"visitor-000000000042\"}"))
      << text;
}

TEST(PreparedRequestTest, AGetStaysAsItIs) {
  PreparedRequest request = PreparedRequest::Get("host:1", "/health/live");
  EXPECT_EQ(std::string(request.With(1, 1)), std::string(request.With(2, 2)));
}

}  // namespace
}  // namespace mab::load
