// A second client, of another generator in another language: the calls are
// checked against the document when they are compiled, the answers when it runs.
import createClient from "openapi-fetch";
import type { paths } from "./api";

const env = process.env as Record<string, string>;
const asked = (token: string) =>
  createClient<paths>({ baseUrl: env.URL + "/api/v1", headers: { Authorization: "Bearer " + token } });
const c = asked(env.ALL);

function so(what: string, yes: unknown): asserts yes {
  if (!yes) throw new Error("not so: " + what);
}

async function main(): Promise<void> {
  so("the document", (await c.GET("/openapi.json")).data);
  const reported = await c.POST("/reports", {
    params: { header: { "Idempotency-Key": "ts-1" } },
    body: { text: "A letter went to the wrong address.", lang: "en", attachments: [{ name: "a.txt", data: btoa("a") }] },
  });
  so("a report", reported.data?.due_at);
  const ref = reported.data.reference;
  const clocks = await c.GET("/clocks", { params: { query: { limit: 500 } } });
  so("its clock", clocks.data?.clocks.some((clock) => clock.reference === ref && clock.hours_left > 71));
  const filed = await c.POST("/incidents/{ref}/filings", {
    params: { path: { ref } },
    body: { kind: "initial", number: "AP-3", filed_at: new Date().toISOString() },
  });
  so("a filing", filed.data?.filing.number === "AP-3" && filed.data.open_duties.length === 0);
  const shown = await c.GET("/incidents/{ref}", { params: { path: { ref } } });
  so("the incident", shown.data?.outcome === "met" && shown.data.chain === null);
  const log = await c.GET("/incidents/{ref}/log", { params: { path: { ref } } });
  so("its log", log.data?.log[0].by === "token:all");
  const page = await c.GET("/incidents", { params: { query: { limit: 1 } } });
  so("a page", page.data?.incidents[0].reference === ref && page.data.next);
  const register = await c.GET("/register");
  so("the register, which is an object unless another format was asked for", typeof register.data === "object");
  so("its rows", register.data.incidents.some((row) => row.filed_number === "AP-3"));
  const csv = await c.GET("/register", { params: { query: { format: "csv", lang: "en" } }, parseAs: "text" });
  so("the register as CSV", String(csv.data).includes(ref));

  const wrong = await c.POST("/reports", { body: { text: "" } });
  so("a refusal beside its field", wrong.error?.code === "required" && wrong.error.errors?.[0].field === "text");
  const never = await c.GET("/incidents/{ref}", { params: { path: { ref: "2026-9999" } } });
  so("what never was", never.error?.code === "not-found");
  const stranger = await asked("meldklok_wrong").GET("/clocks");
  so("no token", stranger.error?.status === 401);
  console.log("typescript:", ref, shown.data.outcome);
}

main().catch((err) => {
  console.error(err);
  process.exit(1);
});
