// Package store is the record: streams of entries, the state folded from them,
// the indexes, the chain and the sealing, over a small ordered key-value seam.
// It knows what an incident is made of and nothing of mail, web or ladders; what
// an open duty's next alert is, it asks an [incident.Planner].
//
// # The two files
//
//	record.db   everything but keys
//	keys.db     the key of the keyed hashes, and three wrapped keys per item
//
// Each is an [Engine] of its own. bolt.go is the one file that knows bbolt;
// memory.go is the second engine; contract_test.go is what a third has to keep.
// The master key that wraps the keys is in neither, nor in their folder.
//
// # The schema
//
// A table is one byte of key space. Numbers are big-endian, so that keys sort;
// an instant is nanoseconds since 1970 in 8 bytes. «item» (8) is the number of
// one accepted delivery and of the keys that belong to it; «stream» (6) is year
// and number of an incident, or zeros for the organisation; «what» (2) is a
// duty or a chore. {r}, {p}, {o} is sealed under the item's register,
// personal or originals key; # ends in a keyed hash.
//
//	table        key                         value                                     written by
//	M meta       "format" "fold" "org-item"  number (8)                                layOut, refold
//	             "counters"                  JSON #                                    every commit
//	L log        seq (8)                     1, stream, n (4), item, {r}, {p}, hash    Append
//	S stream     stream, n (4)               seq                                       Append
//	T state      stream                      item, number of open duties (1), {r}     Create, Append
//	             the same, of one destroyed  item, 0                                  DestroyLine
//	D duty       stream, what                instant of the next alert                 Append
//	C clock      due, stream, what           -                                         Append
//	N plan       at, stream, what            -                                         Append
//	B blob       item, piece (4)             1 if the last, {o}                       PutChunk, Drop
//	G staging    item                        - or what is to be destroyed (1)          Stage, Accept, Keep, Drop, Destroy
//	P pending    item                        {p} Delivered                             Accept, Settle
//	K parked     item                        {p} ParkedItem                            Park, Unpark
//	H known      keyed hash                  stream, item #                            Remember
//	U cursor     keyed hash of the mailbox   UIDVALIDITY (4), UID (4) #                Accept
//	V taken      keyed hash (8), both (8)    #                                         Accept
//	O outbox     number of the mail          item, stream, {p} Message                 Queue, SetMessage, ForgetMail
//	X mail       number of the mail          item, {p} final bytes                    Queue, ForgetMail
//	R ready      class, deadline, number     -                                         Queue, SetMessage, Wake
//	W wait       not before, number          -                                         Queue, SetMessage, Wake
//	E ended      ended, number               -                                         SetMessage, ForgetMail
//	A credential keyed hash of the name      {p} of the organisation                   SetCredential
//	J access     at, stream                  {r} Access                                PutAccess, ForgetAccess
//
//	keys.db
//	M meta       "check"                     the wrapped key of the keyed hashes       first start
//	M meta       "shred"                     1 while remains of destroyed keys may be  destroying
//	M meta       "gone"                      how many batches of keys were destroyed   destroying
//	Y keys       item                        three times: length (1), wrapped key      the pool
//
// No key of a row carries content. The tables D, C and N follow from the state
// and the state from the log: the log is the truth, and [Store.Rederive] puts
// the others right. D is in the order of incidents and costs a write only when
// a next alert moves; N is what the engine reads to learn what is due, C what
// the board reads.
//
// # Sealing
//
// Every value that carries content is sealed with AES-256-GCM (Tink). What it is
// bound to is a logical identity (entry 3 of 2026-0042, register part), never a
// place in the file; swapped, moved or changed it does not open. Three keys per
// item make compartments: the register part is kept; the personal part and the
// originals can be destroyed by destroying their keys. The file of keys holds
// them wrapped, each bound to its item and compartment. They are made a hundred
// items at a time and synced before anything can use them (pool.go), so a record
// never points at a key that a crash took. At most 4,096 items' keys are in
// memory, and the organisation; nothing else is kept per incident.
//
// Each part of an entry has a key of its own, derived from that of its
// compartment (entrykeys.go): one entry can be opened for somebody outside
// without giving away the rest of its incident.
//
// Nearly everything is compressed before it is sealed, with a dictionary of such
// texts (pack.go), which belongs to the format.
//
// Compression before sealing shows in the length of what is stored. Nobody can
// choose a part of a text and watch that length, so it gives nothing away.
//
// # Destroying
//
// The entry that says so is appended in one transaction with a mark on the item;
// from then on no reader sees what its keys sealed. Then the wrapped keys are
// blanked, the sealed bytes dropped, and last the whole file of keys is written
// anew, because bbolt leaves what was overwritten in free pages (shred.go). A
// report and a person of the organisation each have keys of their own, so one can
// be forgotten without the others; what was put right about the writer of a report
// is sealed with the keys of that. While a backup copies the record and then its
// keys, all but the entry waits until it is through (gate.go). A log whose personal
// keys are gone goes on under other ones that the entry of the destruction names. A
// mail to one of ours that is still to go is sealed with these first (unsent.go), one
// to the reporter is taken back.
//
// What this cannot reach: copies of the file of keys that were made before, and
// what the disk itself keeps of a file that was replaced. Whoever has both such a
// copy and its master key reads what was destroyed since. So a backup holds what
// was there on its day until it is deleted. When an old one is restored, the
// schedule destroys within a day whatever was due by then; what went earlier, on
// request, is known to [Store.Destroyed] of a newer record, or to a list that it
// wrote; incident.Service.DestroyAgain repeats it in the logs and [Store.Reapply]
// for what no log names. Otherwise it is there again.
//
// A line of the register goes only when a named officer says so (line.go): the
// register keys of everything in the incident are destroyed too. Its rows stay in
// the chain, and its row in the table of states is emptied: nothing rebuilds it,
// and its number is known to be taken.
//
// The master key is exchanged without touching content (rotate.go): only the file
// of keys is written anew. A backup keeps the master key of its day.
//
// # The chain
//
// There is one chain for the whole file. The hash of an entry is SHA-256 over
// the hash before it, its number, and the SHA-256 of its row as it stands: over
// sealed bytes, so that destroying a key leaves the chain whole, and over their
// digest, so that the chain can be followed from 32 bytes an entry without
// seeing what the others say. Entries state the SHA-256 of the raw bytes of reports
// and files, so the chain vouches for these too. [Store.Verify] recomputes it,
// folds every log, opens every sealed value, unwraps every key, and holds every row
// of every table against what vouches for it: the chain, the state, a keyed hash,
// or the counters. These count the rows that nothing else would miss, and sum up
// those of which an older copy would open as well (vouch.go). So whoever has no key
// can put nothing back that stood there before: not a table, not a row, not a key
// that was destroyed. Whoever holds the keys can still rewrite the end so that it
// fits, and anybody can put both files back as they were at one moment; against a
// head that left the record earlier neither fits.
//
// Some of it is noticed at once, when the record is opened: a chain, an organisation's
// log or a file of keys that ends before the counters say is refused, and small
// tables that are not as they were written last are named ([Store.Doubtful]).
//
// # A proof outside the record
//
// [Store.Prove] takes one incident out with its proof: the rows of its log, the
// keys of these entries, and the digests of every row from the incident's first
// to the head, 32 bytes each. [CheckProof] needs nothing else: it opens the
// rows, recomputes the chain from the digests, and compares its end with a head
// that left the record by another road. The list grows with the record (about
// 2.5 MB for the oldest of 10,000 incidents of eight entries), which is the price
// of a chain that is a line; a tree would need as many hashes in the record as
// there are entries. What the proof cannot show is that nothing was added later:
// the other digests do not say whose they are. And without a head from elsewhere
// it shows only that the file fits itself.
//
// # Commits
//
// Writers share commits without waiting for each other: whoever finds the record
// idle commits at once, whoever comes meanwhile joins the next commit, in order.
// A writer that refuses before it wrote anything costs nothing; one that fails
// later, or panics, is answered with its own error, and the others are run again
// without it. So a writer's function may run more than once, and must only set
// what it was given. A commit without writes is no commit. A large batch is cut
// to what the engine takes in a transaction.
//
// # When something fails
//
//	no room               ErrUnavailable; nothing of it remains; later ones may succeed
//	a sync fails          what is on disk is unknown: Config.Fatal, once; every later
//	                      write is refused; the next process reads what is there
//	keys cannot be made   spare ones are used up, then as above
//	a writer panics       its own error, with the stack
//	a row is damaged      its reader gets an error; a row of H, U or V answers as if it
//	                      were missing, which costs a duplicate and never a report
//	counters are damaged  every write is refused: nothing is built on them
//	a file is missing, empty, cut short, foreign, exchanged, held by another
//	process, newer, older than the other file, or sealed with another master key:
//	refused when it is opened, in a sentence; nothing is made anew over what was
//	lost, nor in a folder that a restore has begun to fill
//
// What a test cannot show on a running machine is a loss of power: it rests on
// bbolt's order of writing (pages, sync, root, sync) and on the disk telling the
// truth about a sync. Kill -9 and a file system without room are tried for real.
//
// # Backups and upgrades
//
// A backup is an archive (archive.go) of both files, each as sealed as it lies
// there, with the recovery copy of the master key and a manifest that carries the
// head; encrypted with age on its way, so nothing of it lies about. A restore
// unpacks aside, verifies up to that head, skips every number that may have been
// given out since, records the head it came from, and only then gives the files
// their names. Archives hold the wrapped keys of their day: what is destroyed later
// is in them until the rotation removes them.
//
// The format is numbered. A file of an earlier one is brought here step by step
// (migrate.go) over a kept copy; one of a later format is refused.
//
// # What it costs
//
// Measured by the tests and benchmarks here, on two cores shared with others: a
// report of 2 KiB of random words takes some two times its bytes on disk, one of
// repeated lines about its own bytes, with its entries, state, indexes and keys. With
// 64 senders some two thirds as many reports are accepted durably as bare bbolt takes
// of the same bytes. Sealing and linking an entry of two parts takes 6 µs more than
// encoding it; of a whole intake sealing and chaining are some two per cent. A sweep
// ([Store.RederiveSlice]) takes some 40 µs per open duty and 50 ns per incident
// without one. Verify reads some 50,000 entries a second. A backup is written, synced
// and read back at a fifth of the speed of copying the files and syncing them, and
// opened and unpacked at a third of it.
//
// # Where to look
//
//	engine.go     the seam; bolt.go, memory.go: the engines; files.go: names on disk
//	schema.go     the tables and their keys; chain.go: rows of the log
//	open.go       opening and laying out; start.go: what is put in order then
//	commit.go     sharing commits; counters.go: the bookkeeping; vouch.go: sums over rows
//	keys.go       sealing; entrykeys.go: a key for each entry; pool.go: keys in advance; pack.go: compression
//	master.go     the master key and its export; rotate.go: exchanging it
//	shred.go      destroying keys and what they sealed; line.go: an incident as a whole; gate.go: not during a backup
//	tx.go         writing entries; index.go: the rows that follow from a state
//	view.go       reading; delivery.go, cursor.go, outbox.go, unsent.go, access.go: what is no log
//	proof.go      one incident with its proof; proofcheck.go: without the record
//	archive.go    a backup's inside; backup.go: its file; trial.go: test restores; restore.go
//	migrate.go    from one format to the next
//	audit.go      one incident against its log; verify.go: everything; repair.go
package store
