//! Seeds of the fuzz targets.

use std::path::Path;

use vmflame::bytes::{Big, Little};

use crate::kinds::{kinds, layouts_and_records, tracing_data};

/// Writes the seeds of the fuzz targets that read captures: `cargo test --test hostile -- --ignored`.
#[test]
#[ignore = "writes into the source tree"]
fn write_fuzz_seeds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    let write = |target: &str, name: &str, bytes: &[u8]| {
        let place = folder.join(target);
        std::fs::create_dir_all(&place).unwrap();
        std::fs::write(place.join(name.replace(' ', "-")), bytes).unwrap();
    };
    for (name, bytes) in kinds() {
        write("capture", name, &bytes);
    }
    for (name, bytes) in layouts_and_records() {
        write("records", name, &bytes);
    }
    let little = tracing_data::<Little>();
    write("tracing", "little", &little);
    let big = tracing_data::<Big>();
    write("tracing", "big", &big);
}
