package load

import "fmt"

// subject is one row of the table: what is asked, and of whom.
type subject struct {
	name string
	// text says what it is.
	text string
	// against are the baselines that it is compared with.
	against []string
	// newPercent of the assigns are of new users, convertPercent of the calls are conversions.
	newPercent, convertPercent int
	// prepared: conversions are of users who were assigned before the run.
	prepared bool
	// grpc is the method of grpc_load; "" for JSON.
	grpc string
	// get is a path, in place of calls.
	get string
	// address of whom it asks.
	address func(*system) string
}

// writes: whether something reaches the journal, and so PostgreSQL.
func (s subject) writes() bool { return s.newPercent > 0 || s.convertPercent > 0 }

func gatewayOf(s *system) string { return s.stack.GatewayAddress }

// subjects in the order of the table: the baselines come before what is compared with them.
func subjects() []subject {
	json := []string{"nginx", "empty", "per_call"}
	service := func(s *system) string { return s.stack.AssignmentAddress }
	return []subject{
		{name: "nginx", text: "nginx, a constant of the same size", address: func(s *system) string { return s.nginx.address }},
		{name: "empty", text: "gateway, an answer without work", get: "/health/live", address: gatewayOf, against: json[:1]},
		{name: "per_call", text: "gateway, one RPC a request, known users", address: func(s *system) string { return s.perCallAddress }, against: json[:2]},
		{name: "assign_0", text: "JSON assign, known users", address: gatewayOf, against: json},
		{name: "assign_20", text: "JSON assign, 20 % new users", newPercent: 20, address: gatewayOf, against: json},
		{name: "assign_100", text: "JSON assign, new users", newPercent: 100, address: gatewayOf, against: json},
		{name: "convert", text: "JSON convert", convertPercent: 100, prepared: true, address: gatewayOf, against: json},
		{name: "mixed", text: "JSON, 90 % assign (20 % new), 10 % convert", newPercent: 20, convertPercent: 10, address: gatewayOf, against: json},
		{name: "empty_rpc", text: "gRPC Health/Check", grpc: "health", address: service},
		{name: "grpc_0", text: "gRPC Assign, known users", grpc: "assign", address: service, against: []string{"empty_rpc"}},
		{name: "grpc_20", text: "gRPC Assign, 20 % new users", grpc: "assign", newPercent: 20, address: service, against: []string{"empty_rpc"}},
		{name: "grpc_100", text: "gRPC Assign, new users", grpc: "assign", newPercent: 100, address: service, against: []string{"empty_rpc"}},
	}
}

// load is the generator and its arguments, but for how many connections and how long.
func (s subject) load(of *system) (program string, arguments []string) {
	arguments = []string{"--address=" + s.address(of)}
	if s.get != "" {
		return "http_load", append(arguments, "--get="+s.get)
	}
	arguments = append(arguments, fmt.Sprintf("--experiments=%d", of.spread),
		fmt.Sprintf("--known_first=%d", of.knownFirst), fmt.Sprintf("--known_count=%d", of.known),
		fmt.Sprintf("--new_percent=%d", s.newPercent), fmt.Sprintf("--convert_percent=%d", s.convertPercent))
	if s.newPercent > 0 {
		arguments = append(arguments, fmt.Sprintf("--new_first=%d", of.newUsers(0)))
	}
	if s.grpc != "" {
		return "grpc_load", append(arguments, "--method="+s.grpc)
	}
	return "http_load", arguments
}

func subjectOf(name string) subject {
	for _, s := range subjects() {
		if s.name == name {
			return s
		}
	}
	panic("no subject is called " + name)
}
