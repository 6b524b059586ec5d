// Measures go-tdx-guest and go-sev-guest, as Debian packages them, on evidence of a folder that
// `atoma bench peers` reads too.
//
//	peers FOLDER TDX_AT SNP_AT
//
// It answers one line for each line that it reads: "WHAT N" does WHAT N times and answers the CPU
// seconds of the whole process, garbage collection included. "WHAT 0" says whether WHAT can be done.
// It ends with its input.
package main

import (
	"bufio"
	"encoding/pem"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"crypto/x509"

	sevabi "github.com/google/go-sev-guest/abi"
	"github.com/google/go-sev-guest/proto/sevsnp"
	sev "github.com/google/go-sev-guest/verify"
	tdx "github.com/google/go-tdx-guest/verify"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func read(parts ...string) []byte {
	bytes, err := os.ReadFile(filepath.Join(parts...))
	check(err)
	return bytes
}

func when(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	check(err)
	return at
}

// memory answers what the library would fetch from Intel's service.
type memory struct {
	answers map[string][]byte // by a part of the address
	headers map[string][]string
}

func (m memory) Get(address string) (map[string][]string, []byte, error) {
	for part, body := range m.answers {
		if strings.Contains(address, part) {
			return m.headers, body, nil
		}
	}
	return nil, nil, fmt.Errorf("nothing is kept for %s", address)
}

func intelService(folder string) memory {
	signer := url.QueryEscape(string(read(folder, "tcb_signing_chain.pem")))
	return memory{
		answers: map[string][]byte{
			"/tcb?":        read(folder, "tcb_info.json"),
			"/qe/identity": read(folder, "qe_identity.json"),
			"/pckcrl?":     read(folder, "pck_crl.der"),
			"RootCA":       read(folder, "root_crl.der"),
		},
		headers: map[string][]string{
			"Tcb-Info-Issuer-Chain":             {signer},
			"Sgx-Enclave-Identity-Issuer-Chain": {signer},
			"Sgx-Pck-Crl-Issuer-Chain": {
				url.QueryEscape(string(read(folder, "pck_crl_issuer_chain.pem")))},
		},
	}
}

// Nothing that the library computed is kept from one quote to the next: it offers no such thing.
func tdxQuote(folder string, at time.Time, collateral bool) func() error {
	quote := read(folder, "quote.bin")
	service := intelService(filepath.Join(folder, "collateral"))
	return func() error {
		return tdx.RawTdxQuote(quote, &tdx.Options{
			GetCollateral: collateral, CheckRevocations: collateral, Getter: service, Now: at})
	}
}

func snpChain(folder string, at time.Time) func() error {
	report, vcek := read(folder, "report.bin"), read(folder, "vcek.der")
	ask, rest := pem.Decode(read(folder, "ask_ark.pem"))
	ark, _ := pem.Decode(rest)
	chain := &sevsnp.CertificateChain{VcekCert: vcek, AskCert: ask.Bytes, ArkCert: ark.Bytes}
	return func() error {
		parsed, err := sevabi.ReportToProto(report)
		if err != nil {
			return err
		}
		attestation := &sevsnp.Attestation{Report: parsed, CertificateChain: chain}
		return sev.SnpAttestation(attestation, &sev.Options{DisableCertFetching: true, Now: at})
	}
}

func snpSignature(folder string) func() error {
	report := read(folder, "report.bin")
	vcek, err := x509.ParseCertificate(read(folder, "vcek.der"))
	check(err)
	return func() error { return sev.SnpReportSignature(report, vcek) }
}

// takeStdout keeps our answers apart from what the libraries log there.
func takeStdout() *os.File {
	answers, err := syscall.Dup(1)
	check(err)
	null, err := syscall.Open(os.DevNull, syscall.O_WRONLY, 0)
	check(err)
	check(syscall.Dup3(null, 1, 0))
	return os.NewFile(uintptr(answers), "answers")
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

func main() {
	if len(os.Args) != 4 {
		check(fmt.Errorf("usage: peers FOLDER TDX_AT SNP_AT"))
	}
	runtime.GOMAXPROCS(1)
	answers := takeStdout()
	folder, tdxAt, snpAt := os.Args[1], when(os.Args[2]), when(os.Args[3])
	operations := map[string]func() error{
		"tdx_collateral": tdxQuote(folder, tdxAt, true),
		"tdx_quote":      tdxQuote(folder, tdxAt, false),
		"snp_chain":      snpChain(folder, snpAt),
		"snp_signature":  snpSignature(folder),
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var what string
		var n int
		_, err := fmt.Sscanf(lines.Text(), "%s %d", &what, &n)
		check(err)
		operation := operations[what]
		if operation == nil {
			check(fmt.Errorf("no operation %q", what))
		}
		start := cpuSeconds()
		for i := 0; i < n; i++ {
			check(operation())
		}
		fmt.Fprintln(answers, cpuSeconds()-start)
	}
}
