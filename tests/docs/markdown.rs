//! Reading Markdown: fenced blocks, tables, headings and links, as far as our pages use them.

/// A fenced block.
pub struct Block<'a> {
    /// The line of the opening fence; the first line of a page is 1.
    pub line: usize,
    pub language: &'a str,
    /// The text between the previous block and this one.
    pub prose: String,
    pub text: String,
    pub closed: bool,
}

/// All fenced blocks of a page, in order.
pub fn blocks(markdown: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut prose = String::new();
    let mut lines = markdown.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(language) = line.trim_start().strip_prefix("```") else {
            prose.push_str(line);
            prose.push('\n');
            continue;
        };
        let prose = std::mem::take(&mut prose);
        let mut block =
            Block { line: number + 1, language, prose, text: String::new(), closed: false };
        for (_, line) in lines.by_ref() {
            if line == "```" {
                block.closed = true;
                break;
            }
            block.text.push_str(line);
            block.text.push('\n');
        }
        blocks.push(block);
    }
    blocks
}

/// The lines of a page that are not in a fenced block.
fn prose(markdown: &str) -> Vec<&str> {
    let mut in_block = false;
    let is_prose = |line: &&str| {
        let is_fence = line.trim_start().starts_with("```");
        in_block ^= is_fence;
        !in_block && !is_fence
    };
    markdown.lines().filter(is_prose).collect()
}

/// The content of the last `code span` in a text.
pub fn last_code_span(prose: &str) -> Option<&str> {
    let mut parts = prose.rsplit('`');
    parts.next()?;
    let code = parts.next()?;
    parts.next().map(|_| code)
}

/// The cells of all table rows below a heading whose first cell is a code span. Cells have no
/// surrounding backquotes.
pub fn table_rows<'a>(markdown: &'a str, heading: &str) -> Vec<Vec<&'a str>> {
    let (_, section) = markdown.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| row.split('|').map(|cell| cell.trim().trim_matches('`')).collect()).collect()
}

/// The targets of all inline links and images.
pub fn links(markdown: &str) -> Vec<&str> {
    let targets = |line| str::split(line, "](").skip(1).filter_map(|rest| rest.split(')').next());
    prose(markdown).into_iter().flat_map(targets).collect()
}

/// The anchors that GitHub gives to the headings of a page.
pub fn anchors(markdown: &str) -> Vec<String> {
    let heading = |line: &&str| line.starts_with('#');
    prose(markdown).into_iter().filter(heading).map(anchor).collect()
}

fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|&c| c.is_alphanumeric() || " -_".contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
