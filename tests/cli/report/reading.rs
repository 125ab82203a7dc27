//! Running the program, and reading its pages by an XML reader.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

/// What a run of the program left behind.
pub(super) struct Ran {
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
}

/// A file or folder of `testdata`.
pub(super) fn case(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    folder.join(name).to_str().unwrap().to_owned()
}

/// Runs the program where no build-id cache of the user's is.
pub(super) fn run(arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmflame"));
    command
        .args(arguments)
        .env("HOME", env!("CARGO_TARGET_TMPDIR"));
    let done = command.stdin(Stdio::null()).output().unwrap();
    Ran {
        code: done.status.code(),
        out: String::from_utf8(done.stdout).unwrap(),
        err: String::from_utf8(done.stderr).unwrap(),
    }
}

/// The page of these arguments of `report`.
pub(super) fn page(arguments: &[&str]) -> String {
    let ran = run(&[&["report"], arguments].concat());
    assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.err);
    ran.out
}

/// What stands between two texts.
pub(super) fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let from = text.find(start).unwrap() + start.len();
    let len = text[from..].find(end).unwrap();
    &text[from..from + len]
}

/// The page without what is no markup: style, script and data.
pub(super) fn markup(page: &str) -> String {
    let (head, rest) = page.split_once("<style>").unwrap();
    let (_, rest) = rest.split_once("</style>").unwrap();
    let (body, _) = rest.split_once("<script type=").unwrap();
    let head = head.strip_prefix("<!DOCTYPE html>\n").unwrap();
    format!("{head}{body}</body></html>")
}

/// A table of a page: the keys of its columns, and its rows with numbers as programs read them.
pub(super) struct PageTable {
    pub(super) rows: Vec<BTreeMap<String, String>>,
}

/// What an XML reader finds in a page.
#[derive(Default)]
pub(super) struct ReadPage {
    pub(super) ids: BTreeSet<String>,
    pub(super) links: BTreeSet<String>,
    pub(super) elements: BTreeSet<String>,
    pub(super) texts: Vec<String>,
    pub(super) tables: BTreeMap<String, PageTable>,
    /// The table that is being read, the keys of its columns, and its row.
    table: String,
    columns: Vec<String>,
    row: Vec<String>,
    /// Whether the cell says its value itself.
    has_value: bool,
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = start.try_get_attribute(name).unwrap()?;
    Some(
        found
            .normalized_value(XmlVersion::Explicit1_0)
            .unwrap()
            .into_owned(),
    )
}

impl ReadPage {
    fn start(&mut self, start: &BytesStart<'_>) {
        let name = String::from_utf8(start.name().as_ref().to_vec()).unwrap();
        assert_eq!(attribute(start, "style"), None, "the policy forbids it");
        let id = attribute(start, "id");
        if let Some(id) = &id {
            assert!(self.ids.insert(id.clone()), "twice: {id}");
        }
        self.links.extend(attribute(start, "href"));
        match &*name {
            "table" => {
                self.table = id.unwrap();
                self.columns.clear();
                let rows = Vec::new();
                self.tables.insert(self.table.clone(), PageTable { rows });
            }
            "th" => self.columns.push(attribute(start, "data-key").unwrap()),
            "td" => {
                let value = attribute(start, "data-value");
                self.has_value = value.is_some();
                self.row.push(value.unwrap_or_default());
            }
            _ => {}
        }
        self.elements.insert(name);
    }

    fn end(&mut self, name: &[u8]) {
        if name == b"tr" && !self.row.is_empty() {
            let cells = self.columns.iter().cloned().zip(self.row.drain(..));
            let rows = &mut self.tables.get_mut(&self.table).unwrap().rows;
            rows.push(cells.collect());
        }
    }

    fn text(&mut self, text: String) {
        if let Some(cell) = self.row.last_mut().filter(|_| !self.has_value) {
            cell.push_str(&text);
        }
        self.texts.push(text);
    }
}

/// Reads a page. Whatever is not closed in its turn, not escaped or twice there stops the test.
pub(super) fn read(page: &str) -> ReadPage {
    let markup = markup(page);
    let mut reader = Reader::from_str(&markup);
    reader.config_mut().check_end_names = true;
    let mut found = ReadPage::default();
    let mut depth = 0;
    loop {
        let event = reader.read_event().unwrap();
        if let Event::Eof = event {
            break;
        } else if let Event::Start(start) = &event {
            depth += 1;
            found.start(start);
        } else if let Event::Empty(start) = &event {
            found.start(start);
        } else if let Event::End(end) = &event {
            depth -= 1;
            found.end(end.name().as_ref());
        } else if let Event::Text(text) = &event {
            found.text(text.xml10_content().unwrap().into_owned());
        } else if let Event::GeneralRef(name) = &event {
            let text = match name.as_ref() {
                b"lt" => "<",
                b"gt" => ">",
                b"amp" => "&",
                b"quot" => "\"",
                b"#39" => "'",
                other => unreachable!("{other:?}"),
            };
            found.text(text.to_owned());
        } else {
            unreachable!("{event:?}");
        }
    }
    assert_eq!(depth, 0);
    found
}
