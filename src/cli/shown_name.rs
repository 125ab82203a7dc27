//! What an input is called in the title of a picture.

use std::path::Path;

/// The name of the input, without where it lies on this machine.
pub(super) fn name_of(input: &Path) -> String {
    if input == Path::new("-") {
        return "standard input".to_owned();
    }
    let whole = input.canonicalize();
    let whole = whole.as_deref().unwrap_or(input);
    let name = whole.file_name().unwrap_or(input.as_os_str());
    name.to_string_lossy().into_owned()
}
