// Package load measures the system under load: the release build's processes and a real PostgreSQL, beside baselines that
// are measured in the same minutes on the same machine, so that their ratio says more than the figures. `./mab bench` runs it;
// docs/performance.md says what is measured and how to read it.
//
// The generators (http_load, grpc_load) are C++ programs of the release build; here is what starts, counts and compares.
package load
