package ui_test

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// inBrowser starts a real Chromium for the test. It runs only when
// MELDKLOK_REAL=1; MELDKLOK_AXE names axe-core's axe.min.js.
func inBrowser(t *testing.T) context.Context {
	t.Helper()
	if os.Getenv("MELDKLOK_REAL") != "1" {
		t.Skip("set MELDKLOK_REAL=1; needs Chromium (Debian: chromium), and MELDKLOK_AXE=…/axe-core/axe.min.js for the accessibility checks")
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Fatal("MELDKLOK_REAL=1, but there is no chromium in PATH")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("no-first-run", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-sync", true), chromedp.UserDataDir(t.TempDir()))
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}
