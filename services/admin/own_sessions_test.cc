#include "admin/own_sessions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "admin/testing/account_fixture.h"
#include "common/error.h"

namespace mab::admin {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class OwnSessionsPostgresTest : public AccountFixture {
 protected:
  // The ids, in the order of the list.
  std::vector<Uuid> Listed(const Caller& caller) {
    std::vector<Uuid> ids;
    const std::vector<storage::LiveFamily> sessions = own_sessions_.List(caller).value();
    for (const storage::LiveFamily& session : sessions) {
      ids.push_back(session.family_id);
    }
    return ids;
  }
  absl::StatusOr<int64_t> End(const Caller& caller, const std::string& id,
                              const std::string& password = kPassword) {
    Caller from_there = caller;
    from_there.address = "192.0.2.9";
    return own_sessions_.End(from_there, password, id);
  }

  OwnSessions own_sessions_{&pool_, &own_password_, &clock_};
  const storage::Account ada_ = Insert("ada@example.com", Role::kAdmin);
  const storage::Account eve_ = Insert("eve@example.com", Role::kViewer);
};

TEST_F(OwnSessionsPostgresTest, ListsTheOwnSessionsThatLive) {
  const Session first = sessions_.Login("ada@example.com", kPassword, "192.0.2.1").value();
  clock_.Advance(absl::Minutes(1));
  const Caller second = SignIn(ada_);
  clock_.Advance(absl::Minutes(1));
  SignIn(eve_);
  ASSERT_TRUE(sessions_.Refresh(first.refresh_token, "192.0.2.2").ok());
  const std::vector<storage::LiveFamily> sessions = own_sessions_.List(second).value();
  ASSERT_EQ(sessions.size(), 2u);
  EXPECT_EQ(sessions[0].family_id.V7Time(), kNow);
  EXPECT_EQ(sessions[0].last_use_time, kNow + absl::Minutes(2));
  EXPECT_EQ(sessions[0].expire_time, kNow + absl::Minutes(2) + Sessions::kRefreshLifetime);
  EXPECT_EQ(sessions[0].address, "192.0.2.2");
  EXPECT_EQ(sessions[1].family_id, second.session_id);
  EXPECT_EQ(sessions[1].address, std::nullopt);

  clock_.Advance(Sessions::kRefreshLifetime - absl::Minutes(1));
  EXPECT_EQ(Listed(second), std::vector<Uuid>{sessions[0].family_id}) << "one has expired";
}

TEST_F(OwnSessionsPostgresTest, EndsOneOrAllOthers) {
  const Caller here = SignIn(ada_);
  const Caller there = SignIn(ada_);
  const Caller elsewhere = SignIn(ada_);
  const Caller eve = SignIn(eve_);
  EXPECT_EQ(End(here, there.session_id.ToString()).value(), 1);
  EXPECT_FALSE(Lives(there));
  EXPECT_TRUE(Lives(elsewhere));
  EXPECT_EQ(End(here, "").value(), 1);
  EXPECT_FALSE(Lives(elsewhere));
  EXPECT_TRUE(Lives(here));
  EXPECT_TRUE(Lives(eve));
  EXPECT_EQ(End(here, here.session_id.ToString()).value(), 1) << "the own one as well";
  EXPECT_FALSE(Lives(here));
}

TEST_F(OwnSessionsPostgresTest, NobodyEndsAnothersSession) {
  const Caller ada = SignIn(ada_);
  const Caller eve = SignIn(eve_);
  for (const std::string& id :
       {eve.session_id.ToString(), std::string("no id"), Uuid::NewV7(kNow).ToString()}) {
    EXPECT_EQ(ErrorReason(End(ada, id).status()), kReasonSessionNotFound) << id;
  }
  EXPECT_TRUE(Lives(eve));
}

TEST_F(OwnSessionsPostgresTest, AsksForThePassword) {
  const Caller here = SignIn(ada_);
  const Caller there = SignIn(ada_);
  for (const std::string& password :
       {std::string(), std::string("another one"), std::string(kPasswordBytesMax + 1, 'x')}) {
    const absl::Status status = End(here, "", password).status();
    ASSERT_EQ(ErrorViolations(status).size(), 1u) << status;
    EXPECT_EQ(ErrorViolations(status)[0].field, "current_password");
  }
  EXPECT_TRUE(Lives(there));
  absl::Status status;
  for (int i = 0; i < 6; ++i) status = End(here, "", "another one").status();
  EXPECT_EQ(ErrorReason(status), kReasonRateLimited) << "guesses are delayed";
}

TEST_F(OwnSessionsPostgresTest, AnAdministratorEndsThoseOfOthers) {
  const Caller ada = SignIn(ada_);
  const Caller eve = SignIn(eve_);
  EXPECT_EQ(accounts_.EndSessions(ada, eve_.id).value().id, eve_.id);
  EXPECT_FALSE(Lives(eve));
  EXPECT_TRUE(Lives(ada));
  EXPECT_TRUE(CanSignIn("eve@example.com", kPassword));
  EXPECT_THAT(Audit(), Contains(HasSubstr("account.end_sessions " + eve_.id.ToString())));
  EXPECT_EQ(ErrorReason(accounts_.EndSessions(ada, ada_.id).status()), kReasonFailedPrecondition);
}

TEST_F(OwnSessionsPostgresTest, WhoHasNoAccountHasNoSession) {
  EXPECT_THAT(Listed(Caller()), IsEmpty());
}

}  // namespace
}  // namespace mab::admin
