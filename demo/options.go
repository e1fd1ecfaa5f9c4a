package main

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
)

// errHelp: the usage was printed, and that was all.
var errHelp = errors.New("help")

const (
	variantsMax    = 100
	concurrencyMax = 256
)

type options struct {
	url string
	// visitors to send; 0: until stopped, or until the recorded outcomes run out.
	visitors int64
	// rate in visitors a second; 0: as fast as they go.
	rate        float64
	concurrency int
	seed        uint64
	// rates of the simulated variants.
	rates []float64
	// data is the file of recorded outcomes; empty: simulate.
	data, outcome, variantColumn string
}

const usage = `Usage: ./mab demo [OPTIONS]

Creates an experiment, sends it visitors through the JSON API, and prints what the system has learned next to the
truth. Ctrl-C stops it; the experiment goes on running.

It signs in with MAB_ADMIN_EMAIL and MAB_ADMIN_PASSWORD where they are set. Otherwise, in development, it signs an
access token of its own with JWT_SECRET, which ./mab reads from the data directory.

Where the gateway speaks TLS (MAB_TLS_CERT_FILE), set MAB_URL to the address that its certificate names, such as
https://shop.example, and SSL_CERT_FILE to its CA where that is not a public one.

`

func parseOptions(arguments []string) (options, error) {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(os.Stderr)
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), usage)
		flags.PrintDefaults()
	}
	var o options
	var rates string
	flags.StringVar(&o.url, "url", urlFromEnvironment(), "the gateway's `address`")
	flags.Int64Var(&o.visitors, "visitors", 0, "stop after `N` visitors (0: go on until stopped, or until the recorded outcomes run out)")
	flags.Float64Var(&o.rate, "rate", -1, "visitors a `second` (0: as fast as they go; by default 200, and 2,000 with --data)")
	flags.IntVar(&o.concurrency, "concurrency", 32, "visitors at the same time, 1 to 256")
	flags.Uint64Var(&o.seed, "seed", 1, "`number` that the simulated outcomes follow from")
	flags.StringVar(&rates, "rates", "0.04,0.05,0.06,0.045", "true conversion `rates` of the simulated variants, 2 to 100")
	flags.StringVar(&o.data, "data", "", "CSV `file` of recorded outcomes (may be gzipped), a line a visitor")
	flags.StringVar(&o.outcome, "outcome", "", "`column` of --data with the outcome: 1 or 0, true or false")
	flags.StringVar(&o.variantColumn, "variant-column", "variant", "`column` of --data with the variant")
	if err := flags.Parse(arguments); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return options{}, errHelp
		}
		return options{}, err
	}
	return o, o.check(flags.Args(), rates)
}

func (o *options) check(rest []string, rates string) error {
	if len(rest) > 0 {
		return fmt.Errorf("there is no option %q", rest[0])
	}
	if o.visitors < 0 {
		return errors.New("--visitors must not be negative")
	}
	if o.concurrency < 1 || o.concurrency > concurrencyMax {
		return fmt.Errorf("--concurrency must be 1 to %d", concurrencyMax)
	}
	if o.rate < 0 {
		o.rate = 200
		if o.data != "" {
			o.rate = 2000
		}
	}
	if (o.data == "") != (o.outcome == "") {
		return errors.New("--data and --outcome go together")
	}
	o.url = strings.TrimRight(o.url, "/")
	var err error
	o.rates, err = parseRates(rates)
	return err
}

func parseRates(text string) ([]float64, error) {
	var rates []float64
	for part := range strings.SplitSeq(text, ",") {
		rate, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || math.IsNaN(rate) || rate < 0 || rate > 1 {
			return nil, fmt.Errorf("--rates: %q is no number from 0 to 1", part)
		}
		rates = append(rates, rate)
	}
	if len(rates) < 2 || len(rates) > variantsMax {
		return nil, fmt.Errorf("--rates: 2 to %d rates, and there are %d", variantsMax, len(rates))
	}
	return rates, nil
}

func urlFromEnvironment() string {
	if url := os.Getenv("MAB_URL"); url != "" {
		return url
	}
	return "http://127.0.0.1:8000"
}
