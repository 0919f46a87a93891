package ui_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// What a journey in a real browser is made of.

// patience is how long a few steps may take on a machine that does a lot besides.
const patience = time.Minute

// must runs steps in the browser. When they fail it tells what is on the screen.
func must(ctx context.Context, t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := chromedp.Do(limited, steps...); err != nil {
		t.Fatalf("%v\n%s", err, screen(ctx))
	}
}

// screen tells where the browser is and what stands there: the steps' own time
// may be over, so it takes a little of its own.
func screen(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(() => {
		const at = document.activeElement, text = (s) => [...document.querySelectorAll(s)].map((e) => e.innerText).join(" | ");
		const fields = [...document.querySelectorAll("main input:not([type=hidden]), main textarea")].filter((f) => f.value && !["radio", "checkbox", "file"].includes(f.type));
		return ["at " + location.href + " (" + document.readyState + "), scrolled to " + scrollY,
			"focus on " + (at ? at.tagName + "#" + at.id + "." + at.className : "nothing"),
			"problems: " + text(".problems, .error"),
			"typed: " + fields.map((f) => f.id + "=" + (f.type === "password" ? f.value.length + " characters" : f.value)).join(", "),
			"page: " + text("main").slice(0, 1500)].join("\n");
	})()`))
	if err != nil {
		return fmt.Sprintf("and the browser cannot say where it is: %v", err)
	}
	return got
}

// ask evaluates an expression in the page.
func ask[T any](ctx context.Context, t *testing.T, expression string) T {
	t.Helper()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v\n%s", expression, err, screen(ctx))
	}
	return got
}

// fill types a text into the field with an ID, in place of what stood there, and
// makes sure that it stands there before the journey goes on.
func fill(id, text string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(chromedp.WaitVisible(chromedp.ID(id)),
		chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.getElementById(%q).select(), undefined`, id)),
		chromedp.SendKeys(chromedp.ID(id), text), stands(id, text))
}

func stands(id, text string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		got, err := chromedp.Evaluate[string](fmt.Sprintf(`document.getElementById(%q)?.value ?? "no such field"`, id))(ctx, target)
		if err == nil && got != text {
			err = fmt.Errorf("typed %q into %s, where %q stands", text, id, got)
		}
		return err
	})
}

// focused waits until an element has the focus: a script of the page gives it.
func focused(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.WaitVisible(chromedp.CSS(selector + ":focus"))
}

// send presses the button of an action's form on the page of a case. The page
// may still be gliding to the form, so it is pressed where it is.
func send(action string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](`document.querySelector("#do-` + action + ` button.primary").click(), undefined`)
}

// says waits until the page has a text.
func says(ctx context.Context, t *testing.T, text string) {
	t.Helper()
	got := ""
	for range 40 {
		if got = ask[string](ctx, t, `document.querySelector("main")?.innerText ?? ""`); strings.Contains(got, text) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("the page does not say %q; it says:\n%s", text, got)
}
