//! What of a picture is drawn, and which way it grows.

use super::headings::OUTPUT;
use clap::Args;
use vmflame::output::{DrawnPart, Growth};

// What pictures of one profile and of two have in common.
#[derive(Args, Clone, Debug)]
pub(crate) struct PictureOptions {
    /// Leave out boxes narrower than so many pixels of a picture 1200 pixels wide (default: 0.1).
    /// The picture's search counts them all the same.
    #[arg(long, value_name = "PIXELS", value_parser = parse_width, help_heading = OUTPUT)]
    pub(crate) min_width: Option<f64>,
    /// Draw at most so many levels. By default the tops of spires are left out: levels that hold
    /// less than a two hundredth of everything. A dashed box has more behind it, which the
    /// picture's search counts all the same.
    #[arg(long, value_name = "LEVELS", value_parser = clap::value_parser!(u16).range(1..))]
    #[arg(help_heading = OUTPUT)]
    pub(crate) max_depth: Option<u16>,
    /// Draw callees below their callers: an icicle graph.
    #[arg(long, help_heading = OUTPUT)]
    pub(crate) inverted: bool,
}

impl PictureOptions {
    /// What is drawn.
    pub(crate) fn extent(&self) -> DrawnPart {
        DrawnPart {
            min_width: self.min_width,
            max_depth: self.max_depth.map(usize::from),
            direction: if self.inverted {
                Growth::Down
            } else {
                Growth::Up
            },
        }
    }
}

fn parse_width(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(width) if (0.0..=1200.0).contains(&width) => Ok(width),
        Ok(_) | Err(_) => Err(format!("{text:?} is no width from 0 to 1200 pixels")),
    }
}
