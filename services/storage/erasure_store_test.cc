#include "storage/erasure_store.h"

#include <gtest/gtest.h>

#include "storage/testing/migrated_database.h"

namespace mab::storage {
namespace {

const absl::Time kNow = absl::FromUnixMicros(1'795'392'000'123'456);

class ErasureStorePostgresTest : public ::testing::Test {
 protected:
  Erasure Insert(const Uuid& journal, uint64_t sequence) {
    const Erasure erasure{.id = Uuid::NewV7(kNow),
                          .journal_id = journal,
                          .sequence = sequence,
                          .assignments = 3,
                          .erased_at = kNow,
                          .clear_by = kNow + absl::Hours(25),
                          .clear_time = std::nullopt};
    EXPECT_TRUE(
        pool_.Transaction([&](PgConnection& db) { return ErasureStore::Insert(db, erasure); })
            .ok());
    return erasure;
  }
  std::optional<Erasure> Find(const Uuid& id) {
    std::optional<Erasure> found;
    EXPECT_TRUE(pool_
                    .Transaction([&](PgConnection& db) -> absl::Status {
                      found = ErasureStore::Find(db, id).value();
                      return absl::OkStatus();
                    })
                    .ok());
    return found;
  }
  int64_t MarkClear(const Uuid& journal, uint64_t through, absl::Time at) {
    int64_t count = 0;
    EXPECT_TRUE(pool_
                    .Transaction([&](PgConnection& db) -> absl::Status {
                      count = ErasureStore::MarkClear(db, journal, through, at).value();
                      return absl::OkStatus();
                    })
                    .ok());
    return count;
  }
  bool AnyPending() {
    bool pending = false;
    EXPECT_TRUE(pool_
                    .Transaction([&](PgConnection& db) -> absl::Status {
                      pending = ErasureStore::AnyPending(db).value();
                      return absl::OkStatus();
                    })
                    .ok());
    return pending;
  }

  MigratedDatabase database_;
  PgPool pool_{{.url = database_.url()}};
};

TEST_F(ErasureStorePostgresTest, FindsWhatWasInserted) {
  const Erasure erasure = Insert(Uuid::NewV7(kNow), uint64_t{1} << 60);
  EXPECT_EQ(Find(erasure.id), erasure);
  EXPECT_EQ(Find(Uuid::NewV7(kNow)), std::nullopt);
}

TEST_F(ErasureStorePostgresTest, IsClearOnceOfItsJournalAndUpToARecord) {
  EXPECT_FALSE(AnyPending());
  const Uuid ours = Uuid::NewV7(kNow);
  const Erasure first = Insert(ours, 10);
  const Erasure second = Insert(ours, 11);
  const Erasure other = Insert(Uuid::NewV7(kNow), 5);
  const absl::Time at = kNow + absl::Hours(3);
  EXPECT_EQ(MarkClear(ours, 9, at), 0);
  EXPECT_EQ(MarkClear(ours, 10, at), 1);
  EXPECT_EQ(MarkClear(ours, 10, at + absl::Hours(1)), 0);  // the first time stays
  EXPECT_EQ(Find(first.id)->clear_time, at);
  EXPECT_EQ(Find(second.id)->clear_time, std::nullopt);
  EXPECT_EQ(Find(other.id)->clear_time, std::nullopt);
  EXPECT_EQ(MarkClear(ours, 99, at), 1);
  EXPECT_TRUE(AnyPending());
  EXPECT_EQ(MarkClear(other.journal_id, 5, at), 1);
  EXPECT_FALSE(AnyPending());
}

}  // namespace
}  // namespace mab::storage
