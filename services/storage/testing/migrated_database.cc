#include "storage/testing/migrated_database.h"

#include <cstdio>
#include <cstdlib>

#include "common/clock.h"
#include "common/testing/postgres_fixture.h"
#include "storage/migrator.h"

namespace mab::storage {
namespace {

// The name of the database that all others are copies of.
const std::string& Template() {
  static const std::string* const name = [] {
    PostgresFixture& postgres = PostgresFixture::Get();
    const std::string database = postgres.CreateDatabaseNamed("mab_template");
    const auto applied = ApplyMigrations(database, MAB_MIGRATIONS, SystemClock());
    if (!applied.ok()) {
      std::fprintf(stderr, "the migrations fail: %s\n", applied.status().ToString().c_str());
      std::exit(1);
    }
    return new std::string("mab_template");
  }();
  return *name;
}

}  // namespace

MigratedDatabase::MigratedDatabase() : url_(PostgresFixture::Get().CreateDatabase(Template())) {}

MigratedDatabase::~MigratedDatabase() {
  if (PostgresFixture::Get().running()) PostgresFixture::Get().DropDatabase(url_);
}

}  // namespace mab::storage
