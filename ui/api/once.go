package api

import (
	"encoding/json"
	"fmt"
	"net/http"

	"meldklok/incident"
	"meldklok/ui/session"
)

// onceHeader carries the key by which a program says that two requests are one.
const onceHeader = "Idempotency-Key"

// longestKey bounds such a key, in bytes.
const longestKey = 255

// replayedHeader is set on the answer to a request that was carried out before.
const replayedHeader = "Idempotency-Replayed"

// once carries out a request that may be sent again under the same key, and
// answers 201. Without a key it is carried out each time. Act gets the request
// (nil without a key) and remembers its answer with it.
func (a *API) once(c Call, raw []byte, act func(*session.Once) (answer any, err error)) error {
	key := c.Request().Header.Get(onceHeader)
	if key == "" {
		answer, err := act(nil)
		if err != nil {
			return err
		}
		return give(c, http.StatusCreated, answer)
	}
	if len(key) > longestKey {
		return refuse(onceHeader, "too-long")
	}
	request := append([]byte(c.Request().Method+" "+c.Request().URL.Path+"\n"), raw...)
	o := a.cfg.Sessions.Once(c.Token, key, request)
	if !a.begin(o.Mark()) {
		return ErrUnderWay
	}
	defer a.end(o.Mark())
	before, err := o.Answered(c.ctx())
	if err != nil {
		return err
	}
	if before != nil {
		c.Response().Header().Set(replayedHeader, "true")
		return give(c, http.StatusCreated, json.RawMessage(before))
	}
	answer, err := act(&o)
	if err != nil {
		return err
	}
	return give(c, http.StatusCreated, answer)
}

func (a *API) begin(mark string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.going[mark] {
		return false
	}
	a.going[mark] = true
	return true
}

func (a *API) end(mark string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.going, mark)
}

// keep remembers an answer in the transaction that earns it; nothing without a
// key.
func keep(tx incident.Tx, o *session.Once, answer any) error {
	if o == nil {
		return nil
	}
	raw, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("api: answer: %w", err)
	}
	return o.Keep(tx, raw)
}
