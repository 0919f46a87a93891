module meldklok

go 1.26.0

// Every direct dependency says what it is for; what begins with "tests:" is in no
// program that is shipped. A test in cmd/meldklok holds this list against the code.
require (
	codeberg.org/go-pdf/fpdf v0.12.0 // dossier, register: papers as PDF, without a browser
	filippo.io/age v1.3.2 // backups, and the recovery copy of the master key
	github.com/alecthomas/kong v1.17.0 // the command line: flags, variables, help
	github.com/alexedwards/argon2id v1.0.0 // passwords
	github.com/arran4/golang-ical v0.3.4 // the deadline in somebody's calendar (RFC 5545)
	github.com/boombuler/barcode v1.1.0 // the QR code of a second step
	github.com/chromedp/cdproto v0.159.0 // tests: a real browser
	github.com/chromedp/chromedp v0.23.0 // tests: a real browser
	github.com/coreos/go-oidc/v3 v3.21.0 // signing in with the organisation's own accounts
	github.com/emersion/go-imap/v2 v2.0.0-beta.8 // the watched mailbox; in tests also its server
	github.com/emersion/go-msgauth v0.7.0 // what the own server says of SPF, DKIM and DMARC (RFC 8601)
	github.com/emersion/go-sasl v0.0.0-20241020182733-b788ff22d5a6 // signing in to a mailbox, OAuth2 included
	github.com/emersion/go-smtp v0.25.1 // our own listener for SMTP and LMTP
	github.com/gabriel-vasile/mimetype v1.4.16 // what an attached file really is
	github.com/getkin/kin-openapi v0.152.0 // tests: the API against its document
	github.com/go-jose/go-jose/v4 v4.1.4 // the identity provider of tests; go-oidc is built on it
	github.com/go-webauthn/webauthn v0.18.2 // passkeys
	github.com/jhillyerd/enmime/v2 v2.3.0 // charsets and transfer encodings of strangers' mail
	github.com/klauspost/compress v1.20.1 // Zstandard before sealing
	github.com/labstack/echo/v4 v4.16.0 // the web; the customer's choice
	github.com/ledongthuc/pdf v0.0.0-20260907135840-6c8c28e0e8a0 // the words of an attached PDF
	github.com/microcosm-cc/bluemonday v1.0.27 // mail in HTML down to its harmless part
	github.com/pquerna/otp v1.5.0 // one-time codes (RFC 6238)
	github.com/prometheus/client_golang v1.25.0 // metrics
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3 // tests: answers of the API against their schemas
	github.com/tink-crypto/tink-go/v2 v2.9.0 // sealing at rest
	github.com/wneessen/go-mail v0.8.1 // mail out; the customer's choice
	github.com/xuri/excelize/v2 v2.11.0 // XLSX: the register out and in, attached workbooks
	go.etcd.io/bbolt v1.5.0 // the record; the customer's choice
	go.uber.org/goleak v1.3.0 // tests: nothing is left running
	golang.org/x/image v0.40.0 // the typeface that papers carry
	golang.org/x/net v0.62.0 // HTML of mail and files as a tree, and its charset
	golang.org/x/oauth2 v0.37.0 // tokens for Microsoft 365, Google and sign-in
	golang.org/x/text v0.43.0 // old charsets; words without their accents
	golang.org/x/time v0.16.0 // limits on what one sender or program may do
	pgregory.net/rapid v1.3.0 // tests: properties
)

require (
	filippo.io/hpke v0.4.0 // indirect
	github.com/aymerick/douceur v0.2.0 // indirect
	github.com/beorn7/perks v1.0.1 // indirect
	github.com/cention-sany/utf7 v0.0.0-20170124080048-26cad61bd60a // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/clipperhouse/displaywidth v0.10.0 // indirect
	github.com/clipperhouse/uax29/v2 v2.6.0 // indirect
	github.com/emersion/go-message v0.18.2 // indirect
	github.com/fatih/color v1.18.0 // indirect
	github.com/fxamacker/cbor/v2 v2.9.4 // indirect
	github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect
	github.com/go-openapi/jsonpointer v0.22.5 // indirect
	github.com/go-openapi/swag/jsonname v0.25.5 // indirect
	github.com/go-viper/mapstructure/v2 v2.5.0 // indirect
	github.com/go-webauthn/x v0.3.1 // indirect
	github.com/gogs/chardet v0.0.0-20211120154057-b7413eaefb8f // indirect
	github.com/golang-jwt/jwt/v5 v5.3.1 // indirect
	github.com/google/go-tpm v0.9.8 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/gorilla/css v1.0.1 // indirect
	github.com/inbucket/html2text v1.0.0 // indirect
	github.com/labstack/gommon v0.5.0 // indirect
	github.com/mattn/go-colorable v0.1.15 // indirect
	github.com/mattn/go-isatty v0.0.22 // indirect
	github.com/mattn/go-runewidth v0.0.19 // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/oasdiff/yaml v0.1.1 // indirect
	github.com/oasdiff/yaml3 v0.0.14 // indirect
	github.com/olekukonko/cat v0.0.0-20250911104152-50322a0618f6 // indirect
	github.com/olekukonko/errors v1.2.0 // indirect
	github.com/olekukonko/ll v0.1.6 // indirect
	github.com/olekukonko/tablewriter v1.1.3 // indirect
	github.com/philhofer/fwd v1.2.0 // indirect
	github.com/pkg/errors v0.9.1 // indirect
	github.com/prometheus/client_model v0.6.3 // indirect
	github.com/prometheus/common v0.72.0 // indirect
	github.com/prometheus/procfs v0.22.0 // indirect
	github.com/richardlehane/mscfb v1.0.7 // indirect
	github.com/richardlehane/msoleps v1.0.6 // indirect
	github.com/ssor/bom v0.0.0-20170718123548-6386211fdfcf // indirect
	github.com/tiendc/go-deepcopy v1.7.2 // indirect
	github.com/tinylib/msgp v1.6.4 // indirect
	github.com/valyala/bytebufferpool v1.0.0 // indirect
	github.com/valyala/fasttemplate v1.2.2 // indirect
	github.com/x448/float16 v0.8.4 // indirect
	github.com/xuri/efp v0.0.1 // indirect
	github.com/xuri/nfp v0.0.2-0.20250530014748-2ddeb826f9a9 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)
