// A fresh database with the whole schema, for one test: a copy of a template that is migrated once
// a binary.
//
//   MigratedDatabase database;
//   PgPool pool({.url = database.url()});
//
// Declare it before what connects to it. Thread safety: as PostgresFixture.
#pragma once

#include <string>

namespace mab::storage {

class MigratedDatabase {
 public:
  MigratedDatabase();
  // Removes it, and closes what is still connected. A server that a test has stopped is left alone.
  ~MigratedDatabase();
  MigratedDatabase(const MigratedDatabase&) = delete;
  MigratedDatabase& operator=(const MigratedDatabase&) = delete;

  const std::string& url() const { return url_; }

 private:
  std::string url_;
};

}  // namespace mab::storage
