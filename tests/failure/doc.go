// Package failure proves what the system promises when something fails: nothing that was acknowledged is lost, nothing
// counts twice, nobody sees two variants.
//
// The ledger test (ledger_test.go) is the heart of it. A load writes down every answer that it gets, while processes are
// killed, PostgreSQL is stopped and paused, connections are cut and the disk fills up, at moments that a seed decides. At
// the end the ledger and PostgreSQL are compared visitor by visitor.
//
// The other tests take the rows of the failure table one by one. All of them run the release build: ./mab build.
package failure
