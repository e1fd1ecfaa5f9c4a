#include "assignment/event_codec.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

#include "common/error.h"
#include "storage/testing/sample_events.h"

namespace mab::assignment {
namespace {

using storage::Event;

std::string Encoded(const Event& event) {
  std::string body;
  EXPECT_TRUE(EncodeEvent(event, &body).ok());
  return body;
}

std::vector<Event> Samples() {
  std::vector<Event> events = SampleOfEach();
  storage::ConversionEvent bare = SampleConversion(9);
  bare.exposed_at = std::nullopt;
  bare.credited = false;
  bare.value = std::nullopt;
  bare.event_id.clear();
  events.push_back(bare);
  storage::ConversionEvent long_id = SampleConversion(10);
  long_id.event_id = std::string(kEventIdBytesMax, '\xff');
  events.push_back(long_id);
  events.push_back(SampleVersionEvent(std::vector<double>(kVersionArmsMax, 0.01)));
  storage::AssignmentEvent before_1970 = SampleAssignment(11, false);
  before_1970.assigned_at = absl::FromUnixMicros(-1);
  events.push_back(before_1970);
  return events;
}

TEST(EventCodecTest, ReadsBackWhatItWrote) {
  for (const Event& event : Samples()) {
    const std::string body = Encoded(event);
    const absl::StatusOr<Event> decoded = DecodeEvent(TypeOf(event), body);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(decoded->index(), event.index());
    EXPECT_EQ(Encoded(*decoded), body);
  }
}

TEST(EventCodecTest, KeepsEveryField) {
  const storage::VersionEvent version = SampleVersionEvent();
  const auto read_version =
      std::get<storage::VersionEvent>(*DecodeEvent(RecordType::kVersion, Encoded(version)));
  EXPECT_EQ(read_version.experiment_id, version.experiment_id);
  EXPECT_EQ(read_version.version, version.version);

  const storage::ConversionEvent conversion = SampleConversion(5);
  const auto read = std::get<storage::ConversionEvent>(
      *DecodeEvent(RecordType::kConversion, Encoded(conversion)));
  EXPECT_EQ(read.user, conversion.user);
  EXPECT_EQ(read.variant_index, conversion.variant_index);
  EXPECT_EQ(read.version, conversion.version);
  EXPECT_EQ(read.converted_at, conversion.converted_at);
  EXPECT_EQ(read.exposed_at, conversion.exposed_at);
  EXPECT_EQ(read.credited, conversion.credited);
  EXPECT_EQ(read.value, conversion.value);
  EXPECT_EQ(read.event_id, conversion.event_id);
}

// The bytes on disk must mean the same for ever.
TEST(EventCodecTest, WritesTheDocumentedBytes) {
  const std::string body = Encoded(SampleCount(3));
  ASSERT_EQ(body.size(), 1u + 16 + 1 + 8 + 8);
  EXPECT_EQ(body[0], 1);  // the form's version
  EXPECT_EQ(body.substr(1, 16), SampleExperiment().uuid.AsBytes());
  EXPECT_EQ(body.substr(26, 8), std::string("\3\0\0\0\0\0\0\0", 8));
}

TEST(EventCodecTest, RefusesABodyThatIsCutAnywhere) {
  for (const Event& event : Samples()) {
    const std::string body = Encoded(event);
    for (size_t size = 0; size < body.size(); ++size) {
      EXPECT_TRUE(absl::IsDataLoss(DecodeEvent(TypeOf(event), body.substr(0, size)).status()))
          << RecordTypeName(TypeOf(event)) << " cut at " << size;
    }
  }
}

TEST(EventCodecTest, RefusesTrailingBytes) {
  for (const Event& event : Samples()) {
    EXPECT_TRUE(absl::IsDataLoss(DecodeEvent(TypeOf(event), Encoded(event) + '\0').status()));
  }
}

// A flipped bit gives an error or another valid event: never a crash, and never a body that reads
// back otherwise.
TEST(EventCodecTest, SurvivesEveryFlippedBit) {
  for (const Event& event : Samples()) {
    const std::string body = Encoded(event);
    for (size_t bit = 0; bit < body.size() * 8; ++bit) {
      std::string flipped = body;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
      const absl::StatusOr<Event> decoded = DecodeEvent(TypeOf(event), flipped);
      if (decoded.ok()) {
        EXPECT_EQ(Encoded(*decoded), flipped);
      }
    }
  }
}

TEST(EventCodecTest, SurvivesRandomBytes) {
  std::mt19937_64 random(20261122);
  for (int i = 0; i < 20000; ++i) {
    std::string body(random() % 200, '\0');
    for (char& byte : body) byte = static_cast<char>(random());
    if (!body.empty()) body[0] = 1;
    const auto type = static_cast<RecordType>(1 + random() % 5);
    const absl::StatusOr<Event> decoded = DecodeEvent(type, body);
    if (decoded.ok()) {
      EXPECT_EQ(Encoded(*decoded), body);
    }
  }
}

TEST(EventCodecTest, SaysWhenANewerBuildWroteTheRecord) {
  std::string body = Encoded(SampleCount());
  body[0] = 3;
  EXPECT_TRUE(absl::IsFailedPrecondition(DecodeEvent(RecordType::kCount, body).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(DecodeEvent(static_cast<RecordType>(77), body).status()));
}

// A build that knows repeated conversions only says that it is older, and not that the record is
// damaged.
TEST(EventCodecTest, CountsOfMachinesAreOfTheSecondForm) {
  for (const auto kind :
       {storage::CountEvent::Kind::kBotUserAgent, storage::CountEvent::Kind::kBotPrefetch,
        storage::CountEvent::Kind::kBotRate}) {
    storage::CountEvent count = SampleCount(7);
    count.kind = kind;
    std::string body = Encoded(count);
    EXPECT_EQ(body[0], 2);
    EXPECT_EQ(body[17], static_cast<char>(kind));
    const auto read = DecodeEvent(RecordType::kCount, body);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(std::get<storage::CountEvent>(*read).kind, kind);
    body[0] = 1;
    EXPECT_TRUE(absl::IsDataLoss(DecodeEvent(RecordType::kCount, body).status()));
  }
  std::string body = Encoded(SampleCount());
  EXPECT_EQ(body[0], 1);
  body[0] = 2;
  EXPECT_TRUE(absl::IsDataLoss(DecodeEvent(RecordType::kCount, body).status()));
  body[17] = 4;
  EXPECT_TRUE(absl::IsDataLoss(DecodeEvent(RecordType::kCount, body).status()));
  body = Encoded(SampleAssignment(1));
  body[0] = 2;
  EXPECT_TRUE(absl::IsFailedPrecondition(DecodeEvent(RecordType::kAssignment, body).status()));
}

TEST(EventCodecTest, WritesNothingThatItWouldNotReadBack) {
  std::vector<std::pair<Event, std::string>> refused;
  storage::ConversionEvent conversion = SampleConversion(1);
  conversion.event_id = std::string(kEventIdBytesMax + 1, 'x');
  refused.push_back({conversion, "event_id"});
  conversion = SampleConversion(1);
  conversion.value = std::numeric_limits<double>::quiet_NaN();
  refused.push_back({conversion, "value"});
  conversion = SampleConversion(1);
  conversion.exposed_at = std::nullopt;
  refused.push_back({conversion, "credited"});
  conversion = SampleConversion(1);
  conversion.converted_at = absl::InfiniteFuture();
  refused.push_back({conversion, "converted_at"});
  storage::AssignmentEvent assignment = SampleAssignment(1);
  assignment.propensity = std::numeric_limits<double>::infinity();
  refused.push_back({assignment, "propensity"});
  refused.push_back(
      {SampleVersionEvent(std::vector<double>(kVersionArmsMax + 1, 0.01)), "version.arms"});
  for (const auto& [event, field] : refused) {
    std::string body = "before";
    const absl::Status status = EncodeEvent(event, &body);
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    ASSERT_EQ(ErrorViolations(status).size(), 1u);
    EXPECT_EQ(ErrorViolations(status)[0].field, field);
    EXPECT_EQ(body, "before");
  }
}

}  // namespace
}  // namespace mab::assignment
