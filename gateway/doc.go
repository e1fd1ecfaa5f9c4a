// Command gateway is the system's door: JSON over HTTP for browsers and programs, gRPC to the services behind it. It holds no
// business rule, and no state that somebody would miss: how much was asked, which experiment has which key, calls that wait.
//
//	main.go              flags and environment, then run
//	server.go            wiring: what listens, in which order middlewares stand, how it stops
//	router.go            which handler has which path
//	backends.go          the connections to the services
//	restart.go           how calls outlive a restart of their service
//	limits.go            the rate limits, by the configuration
//	tls.go               the public port's TLS
//	connection_limit.go  how many connections clients may have open
//	connections.go       clients' connections, and which are closed where places are scarce
//	address/             who asks, past the trusted proxies
//	config/              the environment, checked
//	exchange/            what the layers share about one request
//	middleware/          what is around every request, one middleware a file
//	api/                 /api/: grpc-gateway's handlers and the contract around them (routes, codec, errors, cookie, CORS)
//	bots/                which callers are machines
//	ratelimit/           what each address and experiment may ask
//	certificate/         certificates with their keys, read from files and kept up with them
//	servicetls/          TLS to the services
//	coalesce/            the assignment client that sends many calls in one message
//	problem/             application/problem+json
//	health/              /health
//	static/              the embedded dashboard, script and API documentation
//	telemetry/           metrics and log
//	docs/                sources of the documentation page
//	openapi/             what the OpenAPI document says beside the contract
//
// gateway/generate.sh makes the code that this is built on; `./mab` calls it.
package main
