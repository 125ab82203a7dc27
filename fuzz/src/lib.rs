//! What fuzz targets share: the pipeline on bytes in memory, with its laws checked.

use std::io::{Cursor, Write as _};
use std::path::Path;

use vmflame::analysis::{Profile, Request, WeightKind, profile, survey};
use vmflame::bytes::{ByteOrder, Little, Spool};
use vmflame::output::{Annotate, write_folded};
use vmflame::perf::Capture;
use vmflame::perf::writer::{Description, FileWriter, WrittenEvent};
use vmflame::symbol::SymbolRequest;

/// Opens bytes as a capture; `None` when they are none.
pub fn open(bytes: &[u8]) -> Option<Capture> {
    let mut spool = Spool::default();
    spool.write_all(bytes).ok()?;
    Capture::from_spool(Path::new("fuzz"), spool).ok()
}

/// Runs the pipeline and checks that no sample is lost on the way; the profile when there is one.
pub fn run(capture: &Capture) -> Option<Profile> {
    let symbols = SymbolRequest::default();
    let looked = survey(capture, &symbols, 1).expect("no file was named");
    assert!(looked.account.tally.adds_up(), "{:?}", looked.account.tally);
    let request = Request {
        threads: 1,
        no_tag: true,
        stitches_calls: true,
        ..Request::default()
    };
    let made = profile(capture, &symbols, &request).ok()?;
    assert!(made.account.tally.adds_up(), "{:?}", made.account.tally);
    // Events that were only counted with their group weigh what was counted.
    if made.weight == WeightKind::Samples {
        assert_eq!(made.total, made.account.tally.folded);
    }
    Some(made)
}

/// The folded text of a profile.
pub fn folded(profile: &Profile) -> String {
    let mut text = Vec::new();
    write_folded(
        &profile.tree(),
        &profile.frames,
        Annotate::default(),
        &mut text,
    )
    .expect("memory takes all");
    String::from_utf8(text).expect("folded text is UTF-8")
}

/// A file with these events and records.
pub fn file_of(events: Vec<WrittenEvent>, records: &[u8]) -> Vec<u8> {
    file::<Little>(events, records)
}

fn file<O: ByteOrder>(events: Vec<WrittenEvent>, records: &[u8]) -> Vec<u8> {
    let description = Description {
        events,
        features: vec![],
    };
    let mut out =
        FileWriter::<O, _>::new(Cursor::new(Vec::new()), &description).expect("memory takes all");
    out.write(records).expect("memory takes all");
    out.finish().expect("memory takes all").into_inner()
}
