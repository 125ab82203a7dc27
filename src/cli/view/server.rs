//! Serves pages on this machine alone.

use std::convert::Infallible;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::http_request::{Answer, HttpRequest};
use crate::cli::outcome::Outcome;

/// How long a client may be silent.
const PATIENCE: Duration = Duration::from_secs(10);

/// Clients that are answered at the same time; pages need few connections.
const MOST_CLIENTS: usize = 32;

/// Pages at one address and below it.
pub(super) struct PageServer {
    listener: TcpListener,
    served: Arc<ServedPages>,
}

/// The pages, and who may have them.
struct ServedPages {
    /// What requests must call this machine.
    host: String,
    /// The first is that of the address.
    pages: Vec<ServedPage>,
}

struct ServedPage {
    path: String,
    page: Vec<u8>,
}

impl PageServer {
    /// Takes a port of 127.0.0.1, any where it is 0. The first page is at the address of the server,
    /// those behind it at their numbers below, from 1.
    pub(super) fn bind(port: u16, token: &str, pages: Vec<Vec<u8>>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let host = listener.local_addr()?.to_string();
        let served = |(number, page)| ServedPage {
            path: match number {
                0 => format!("/{token}/"),
                number => format!("/{token}/{number}/"),
            },
            page,
        };
        let pages = (0_usize..).zip(pages).map(served).collect();
        Ok(Self {
            listener,
            served: Arc::new(ServedPages { host, pages }),
        })
    }

    /// Where the first page is.
    pub(super) fn address(&self) -> String {
        let path = self.served.pages.first().map_or("/", |page| &page.path);
        format!("http://{}{path}", self.served.host)
    }

    /// Answers until the program ends.
    ///
    /// # Errors
    /// When the system takes no more connections.
    pub(super) fn serve(self) -> io::Result<Outcome> {
        let never: Infallible = self.serve_all()?;
        match never {}
    }

    fn serve_all(self) -> io::Result<Infallible> {
        loop {
            let (client, from) = match self.listener.accept() {
                Ok(accepted) => accepted,
                Err(problem) if is_of_client(&problem) => continue,
                Err(problem) => return Err(problem),
            };
            let is_local = matches!(from, SocketAddr::V4(from) if from.ip().is_loopback());
            if is_local && Arc::strong_count(&self.served) <= MOST_CLIENTS {
                let served = Arc::clone(&self.served);
                // A client that goes away is no failure of ours.
                drop(thread::Builder::new().spawn(move || drop(served.answer(&client))));
            }
        }
    }
}

/// Whether a connection failed, and not the port.
fn is_of_client(problem: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    [ConnectionAborted, ConnectionReset, Interrupted].contains(&problem.kind())
}

impl ServedPages {
    fn page(&self, number: usize) -> &[u8] {
        self.pages
            .get(number)
            .map_or(&[], |page| page.page.as_slice())
    }

    fn answer(&self, mut client: &TcpStream) -> io::Result<()> {
        client.set_read_timeout(Some(PATIENCE))?;
        client.set_write_timeout(Some(PATIENCE))?;
        let request = HttpRequest::read(client)?;
        let answer = request.map_or(Answer::BadRequest, |request| {
            let paths = self.pages.iter().map(|page| page.path.as_str());
            request.answer(&self.host, paths)
        });
        let (status, body, with_body): (&str, &[u8], bool) = match answer {
            Answer::Page(number) => ("200 OK", self.page(number), true),
            Answer::HeadOfPage(number) => ("200 OK", self.page(number), false),
            Answer::BadRequest => ("400 Bad Request", b"no request\n", true),
            Answer::WrongHost => ("403 Forbidden", b"another host\n", true),
            Answer::NotFound => ("404 Not Found", b"nothing here\n", true),
            Answer::WrongMethod => ("405 Method Not Allowed", b"read only\n", true),
        };
        let kind = if status.starts_with("200") {
            "text/html; charset=utf-8"
        } else {
            "text/plain; charset=utf-8"
        };
        write!(
            client,
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n{HEADERS}\r\n",
            body.len()
        )?;
        if with_body {
            client.write_all(body)?;
        }
        client.flush()
    }
}

/// Nothing is kept, and no other page may hold or read this one. Its own policy is in the page.
const HEADERS: &str = "Connection: close\r\n\
Cache-Control: no-store\r\n\
Content-Security-Policy: frame-ancestors 'none'\r\n\
Cross-Origin-Opener-Policy: same-origin\r\n\
Cross-Origin-Resource-Policy: same-origin\r\n\
Referrer-Policy: no-referrer\r\n\
X-Content-Type-Options: nosniff\r\n\
X-Frame-Options: DENY\r\n";
