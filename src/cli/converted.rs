//! What was made of a capture, and what is said beside its stacks.

use super::convert_args::{ConvertOptions, Format};
use super::shown_name::name_of;
use vmflame::analysis::{Profile, Request, title};
use vmflame::input::Input;
use vmflame::output::{Picture, StackFormat, TreeFacts};
use vmflame::perf::Capture;

/// What was made of a capture.
pub(super) struct Converted<'c> {
    pub(super) options: &'c ConvertOptions,
    pub(super) input: &'c Input,
    pub(super) capture: &'c Capture,
    pub(super) request: &'c Request,
    pub(super) profile: &'c Profile,
}

impl Converted<'_> {
    /// What is said above all.
    pub(super) fn title(&self) -> String {
        let given = self.options.title.clone();
        given.unwrap_or_else(|| title(self.capture, &name_of(&self.options.input.input)))
    }
}

/// A format of stacks without threads and times; what is no other one is drawn as a picture.
pub(super) fn stack_format(
    format: Format,
    options: &ConvertOptions,
    picture: impl FnOnce() -> Picture,
) -> StackFormat {
    match format {
        Format::Folded => StackFormat::Folded(options.annotation()),
        Format::Csv => StackFormat::Csv,
        Format::Json => {
            let picture = picture();
            StackFormat::Json(TreeFacts {
                title: picture.title,
                unit: picture.unit,
                is_reversed: options.reverse,
            })
        }
        Format::Svg
        | Format::Pprof
        | Format::Firefox
        | Format::Speedscope
        | Format::Chrome
        | Format::Perfetto
        | Format::Otlp => StackFormat::Svg(picture()),
        // It has no picture: tables are written before.
        #[cfg(feature = "fleet")]
        Format::Parquet => StackFormat::Csv,
    }
}
