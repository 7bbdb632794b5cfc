
use builtin;
use str;

set edit:completion:arg-completer[tokctl] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'tokctl'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'tokctl'= {
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand create 'Issue a token and print its secret'
            cand verify 'Check a token secret; the exit code is the answer'
            cand rotate 'Replace the secret of a token, keeping owner, name and scopes'
            cand edit 'Change the name or the expiry of a token'
            cand list 'List tokens, by default the active ones'
            cand ls 'List tokens, by default the active ones'
            cand show 'Show the details of a token'
            cand log 'Show the log of verifications and administrative changes'
            cand stats 'Show an overview of tokens and users'
            cand revoke 'Revoke tokens'
            cand unrevoke 'Undo a revocation'
            cand revoke-all 'Revoke all tokens that match filters'
            cand prune 'Delete tokens that expired or were revoked long ago'
            cand user 'Add, list, show, edit, ban and remove users'
            cand settings 'Show and change the settings of the database'
            cand import 'Import users and tokens from another system'
            cand export 'Export everything but the log as JSON Lines, without secrets'
            cand backup 'Back up the database while it is in use'
            cand restore 'Replace the database with a backup'
            cand migrate 'Create or upgrade the tables of the database'
            cand doctor 'Check the database and the tokens for problems'
            cand serve 'Verify and administer tokens over HTTP'
            cand completions 'Print a shell completion script'
            cand man 'Show a manual page, or write all pages to a directory'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'tokctl;create'= {
            cand --name 'Name of the token'
            cand --scope 'Scope to grant; repeat the option or separate scopes with commas [default: everything]'
            cand --user 'Owner of the token [default: the setting default-user]'
            cand --expires 'Expiry: a duration (30d, 12h, 1y of 365 days), a date (00:00 UTC), an RFC 3339 timestamp, or never'
            cand --out 'Write the secret to a new file that only this account can read'
            cand --count 'Number of tokens to issue'
            cand --from 'Issue a token for each line of a JSON Lines file (name, user, scopes, expires), all or none; - reads standard input'
            cand --secret 'Register a secret that was made elsewhere instead of printing a new one; - reads it from standard input: 32 to 255 printable characters without spaces'
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --no-scopes 'Grant no scopes'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;verify'= {
            cand --scope 'Scope that the token must grant; repeat the option or separate scopes with commas to require several'
            cand --source 'Origin of the request, for the log, such as an IP address'
            cand --agent 'User agent of the client, for the log'
            cand --read-database 'Look secrets up in this replica of the database, which can be behind: a revoked token is good there until it has caught up. What it cannot answer, the database answers'
            cand --max-staleness 'Ask the database instead of a replica that is further behind than this, such as 5s'
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --any-scope 'Require only one of the scopes'
            cand --batch 'Read secrets from standard input (-), one per line, and print a line of JSON for each'
            cand --help 'Print help (-h prints less) and exit with 2, because client input must never look like success'
            cand -h 'h'
            cand -V 'V'
            cand --version 'version'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
        }
        &'tokctl;rotate'= {
            cand --hash 'SHA-256 hash of the secret, in hexadecimal'
            cand --name 'Exact name; if several tokens have it, the active one'
            cand --overlap 'How long the old secret remains valid'
            cand --expires 'Expiry of the new token: a duration, a date (00:00 UTC), an RFC 3339 timestamp, or never'
            cand --out 'Write the secret to a new file that only this account can read'
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;edit'= {
            cand --hash 'SHA-256 hash of the secret, in hexadecimal'
            cand --name 'Exact name; if several tokens have it, the active one'
            cand --rename 'New name'
            cand --expires 'New expiry: a duration from now (30d, 12h, 3mo), a date (00:00 UTC), an RFC 3339 timestamp, or never'
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;list'= {
            cand --status 'Only tokens with this status'
            cand --user 'Only tokens of this user'
            cand --scope 'Only tokens that grant this scope'
            cand --name 'Only tokens whose name matches this pattern, such as ''CI*'''
            cand --hint 'Only tokens whose secret begins with these characters, such as tok_Ab3d; more than the hint shows is not stored'
            cand --source 'Only tokens that this system issued, such as tokctl or sanctum'
            cand --expiring-within 'Only tokens that expire within this time and were not replaced by a rotation'
            cand --unused-for 'Only tokens not used for this long; a token that was never used counts from its creation'
            cand --created-before 'Only tokens created before this time: a duration ago (90d), a date (00:00 UTC) or an RFC 3339 timestamp'
            cand --sort 'Sort key'
            cand -n 'Maximum number of tokens to list'
            cand --limit 'Maximum number of tokens to list'
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --all 'Tokens of any status'
            cand --reverse 'Reverse the order'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;ls'= {
            cand --status 'Only tokens with this status'
            cand --user 'Only tokens of this user'
            cand --scope 'Only tokens that grant this scope'
            cand --name 'Only tokens whose name matches this pattern, such as ''CI*'''
            cand --hint 'Only tokens whose secret begins with these characters, such as tok_Ab3d; more than the hint shows is not stored'
            cand --source 'Only tokens that this system issued, such as tokctl or sanctum'
            cand --expiring-within 'Only tokens that expire within this time and were not replaced by a rotation'
            cand --unused-for 'Only tokens not used for this long; a token that was never used counts from its creation'
            cand --created-before 'Only tokens created before this time: a duration ago (90d), a date (00:00 UTC) or an RFC 3339 timestamp'
            cand --sort 'Sort key'
            cand -n 'Maximum number of tokens to list'
            cand --limit 'Maximum number of tokens to list'
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --all 'Tokens of any status'
            cand --reverse 'Reverse the order'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;show'= {
            cand --hash 'SHA-256 hash of the secret, in hexadecimal'
            cand --name 'Exact name; if several tokens have it, the active one'
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;log'= {
            cand --kind 'Only verifications, or only administrative changes'
            cand --user 'Only entries about this user'
            cand --token 'Only entries about the token with this ID'
            cand --since 'Only entries since this time: a duration ago (1d), a date (00:00 UTC) or an RFC 3339 timestamp'
            cand --until 'Only entries up to this time, in the same forms'
            cand -n 'Only the newest N entries'
            cand --limit 'Only the newest N entries'
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --failures 'Only failed verifications'
            cand -f 'Keep running and print new entries'
            cand --follow 'Keep running and print new entries'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;stats'= {
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;revoke'= {
            cand --hash 'SHA-256 hash of the secret, in hexadecimal'
            cand --name 'Exact name; if several tokens have it, the active one'
            cand --reason 'Reason, for the record'
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --delete 'Delete the records immediately'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;unrevoke'= {
            cand --hash 'SHA-256 hash of the secret, in hexadecimal'
            cand --name 'Exact name; if several tokens have it, the active one'
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;revoke-all'= {
            cand --reason 'Reason, for the record'
            cand --status 'Only tokens with this status'
            cand --user 'Only tokens of this user'
            cand --scope 'Only tokens that grant this scope'
            cand --name 'Only tokens whose name matches this pattern, such as ''CI*'''
            cand --hint 'Only tokens whose secret begins with these characters, such as tok_Ab3d; more than the hint shows is not stored'
            cand --source 'Only tokens that this system issued, such as tokctl or sanctum'
            cand --expiring-within 'Only tokens that expire within this time and were not replaced by a rotation'
            cand --unused-for 'Only tokens not used for this long; a token that was never used counts from its creation'
            cand --created-before 'Only tokens created before this time: a duration ago (90d), a date (00:00 UTC) or an RFC 3339 timestamp'
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --everyone 'Revoke the tokens of all users'
            cand --delete 'Delete the records immediately'
            cand --dry-run 'Only print the number of tokens'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;prune'= {
            cand --grace 'How long to keep tokens after they end'
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --force 'Prune even if the clock is more than 30 days ahead of everything in the database'
            cand --dry-run 'Only print the number of tokens'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;user'= {
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand add 'Add a user'
            cand list 'List users'
            cand show 'Show a user'
            cand edit 'Edit a user'
            cand ban 'Ban a user and reject their tokens'
            cand unban 'Lift the ban of a user'
            cand remove 'Remove a user and all their tokens'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'tokctl;user;add'= {
            cand --email 'E-mail address'
            cand --full-name 'Full name'
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --admin 'Make the user an administrator'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;user;list'= {
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;user;show'= {
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;user;edit'= {
            cand --name 'New name'
            cand --email 'New e-mail address'
            cand --full-name 'New full name'
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --admin 'Make the user an administrator'
            cand --no-admin 'Make the user an ordinary user'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;user;ban'= {
            cand --reason 'Reason, for the record'
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;user;unban'= {
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;user;remove'= {
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;user;help'= {
            cand add 'Add a user'
            cand list 'List users'
            cand show 'Show a user'
            cand edit 'Edit a user'
            cand ban 'Ban a user and reject their tokens'
            cand unban 'Lift the ban of a user'
            cand remove 'Remove a user and all their tokens'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'tokctl;user;help;add'= {
        }
        &'tokctl;user;help;list'= {
        }
        &'tokctl;user;help;show'= {
        }
        &'tokctl;user;help;edit'= {
        }
        &'tokctl;user;help;ban'= {
        }
        &'tokctl;user;help;unban'= {
        }
        &'tokctl;user;help;remove'= {
        }
        &'tokctl;user;help;help'= {
        }
        &'tokctl;settings'= {
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand list 'List all settings with values, defaults and meanings'
            cand get 'Print the value of a setting'
            cand set 'Change a setting'
            cand unset 'Reset a setting to its default'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'tokctl;settings;list'= {
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;settings;get'= {
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;settings;set'= {
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;settings;unset'= {
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;settings;help'= {
            cand list 'List all settings with values, defaults and meanings'
            cand get 'Print the value of a setting'
            cand set 'Change a setting'
            cand unset 'Reset a setting to its default'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'tokctl;settings;help;list'= {
        }
        &'tokctl;settings;help;get'= {
        }
        &'tokctl;settings;help;set'= {
        }
        &'tokctl;settings;help;unset'= {
        }
        &'tokctl;settings;help;help'= {
        }
        &'tokctl;import'= {
            cand --schema 'Schema of the tables (PostgreSQL) [default: the first one of the search path]'
            cand --table-prefix 'Prefix of all table names'
            cand --table 'Name of the token table'
            cand --users 'Name of the table of users, who own the tokens'
            cand --users-key 'Column of the table of users that tokens refer to [default: id, or the primary key]'
            cand --type 'Type of the tokens, where one table has several (adonisjs, adonisjs5, shield)'
            cand --prefix 'Prefix of the secrets (adonisjs) [default: oat_]'
            cand --morph 'Table of the owners with this class or alias in tokenable_type (sanctum); can be repeated'
            cand --expiration 'Life of every token from its creation, if the application''s configuration sets one'
            cand --hashed 'The token column contains hashes of this kind, not secrets (symfony, strapi-guide, jsonl)'
            cand --map-scope 'Import a scope under another name, for example ''edit articles=articles.edit''; can be repeated'
            cand --ignore-column 'Column that sounds like the end of a token or user and is none, as COLUMN or TABLE.COLUMN; can be repeated'
            cand --time-zone 'Time zone of dates that do not specify one: an IANA name or an offset [default: UTC]'
            cand --session-time-zone 'Time zone of the application''s connection to MySQL, in which it sees TIMESTAMP columns [default: the server''s]'
            cand --salt-file 'File that contains the API_TOKEN_SALT of the project: the salt alone, or a .env file (strapi)'
            cand --salt 'salt'
            cand --default-owner 'default-owner'
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --clear-text 'The token column contains secrets, although they look like hashes (symfony, strapi-guide, jsonl)'
            cand --match-names 'Also match users by name, not only by verified e-mail address'
            cand --match-admins 'Also match users to administrators'
            cand --replace 'Update what an earlier import brought, for example with another --time-zone'
            cand --dry-run 'Print the report without importing anything'
            cand -v 'Report every row'
            cand --verbose 'Report every row'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;export'= {
            cand --out 'Write to a new file that only this account can read; - is standard output'
            cand --status 'Only tokens with this status'
            cand --user 'Only tokens of this user'
            cand --scope 'Only tokens that grant this scope'
            cand --name 'Only tokens whose name matches this pattern, such as ''CI*'''
            cand --hint 'Only tokens whose secret begins with these characters, such as tok_Ab3d; more than the hint shows is not stored'
            cand --source 'Only tokens that this system issued, such as tokctl or sanctum'
            cand --expiring-within 'Only tokens that expire within this time and were not replaced by a rotation'
            cand --unused-for 'Only tokens not used for this long; a token that was never used counts from its creation'
            cand --created-before 'Only tokens created before this time: a duration ago (90d), a date (00:00 UTC) or an RFC 3339 timestamp'
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;backup'= {
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --force 'Replace an existing file'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;restore'= {
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;migrate'= {
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;doctor'= {
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --strict 'Exit with 1 on any finding'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;serve'= {
            cand --listen 'Address to listen on: ADDRESS:PORT or unix:/PATH; repeat the option for several [default: 127.0.0.1:7380]'
            cand --socket-mode 'Permissions of Unix sockets, in octal'
            cand --tls-cert 'TLS certificate chain, in PEM'
            cand --tls-key 'Private key of the TLS certificate, in PEM'
            cand --header 'Header that contains the secret, instead of Authorization'
            cand --query-parameter 'Query parameter of the original URI that can contain the secret, such as token; proxies and browsers may log it'
            cand --issuer 'URL of this server as clients see it, for its metadata (RFC 8414) [default: the first address]'
            cand --read-database 'Look secrets up in this replica of the database, which can be behind: a revoked token is good there until it has caught up. What it cannot answer, the database answers'
            cand --max-staleness 'Ask the database instead of a replica that is further behind than this, such as 5s'
            cand --threads 'Number of threads that answer requests [default: number of processors]'
            cand --max-connections 'Maximum number of open connections; more wait'
            cand --request-timeout 'Maximum time to answer a request'
            cand --idle-timeout 'Maximum time that a connection may stay open without a complete request'
            cand --shutdown-timeout 'Maximum time to finish requests in progress when the server stops'
            cand --log-format 'Format of the log on standard error'
            cand --access-log 'Requests to log: none, errors (5xx), failures (4xx and 5xx) or all'
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --behind-proxy 'Only a trusted proxy can connect: allow any address without TLS, and take the address of the client from X-Forwarded-For'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;completions'= {
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;man'= {
            cand --out 'Write all pages to this directory, and create it if necessary'
            cand --database 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]'
            cand -o 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --format 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv'
            cand --color 'When to use color'
            cand --json 'Short for --format json'
            cand -q 'Print neither remarks nor confirmations'
            cand --quiet 'Print neither remarks nor confirmations'
            cand -y 'Do not ask for confirmation'
            cand --yes 'Do not ask for confirmation'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;help'= {
            cand create 'Issue a token and print its secret'
            cand verify 'Check a token secret; the exit code is the answer'
            cand rotate 'Replace the secret of a token, keeping owner, name and scopes'
            cand edit 'Change the name or the expiry of a token'
            cand list 'List tokens, by default the active ones'
            cand show 'Show the details of a token'
            cand log 'Show the log of verifications and administrative changes'
            cand stats 'Show an overview of tokens and users'
            cand revoke 'Revoke tokens'
            cand unrevoke 'Undo a revocation'
            cand revoke-all 'Revoke all tokens that match filters'
            cand prune 'Delete tokens that expired or were revoked long ago'
            cand user 'Add, list, show, edit, ban and remove users'
            cand settings 'Show and change the settings of the database'
            cand import 'Import users and tokens from another system'
            cand export 'Export everything but the log as JSON Lines, without secrets'
            cand backup 'Back up the database while it is in use'
            cand restore 'Replace the database with a backup'
            cand migrate 'Create or upgrade the tables of the database'
            cand doctor 'Check the database and the tokens for problems'
            cand serve 'Verify and administer tokens over HTTP'
            cand completions 'Print a shell completion script'
            cand man 'Show a manual page, or write all pages to a directory'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'tokctl;help;create'= {
        }
        &'tokctl;help;verify'= {
        }
        &'tokctl;help;rotate'= {
        }
        &'tokctl;help;edit'= {
        }
        &'tokctl;help;list'= {
        }
        &'tokctl;help;show'= {
        }
        &'tokctl;help;log'= {
        }
        &'tokctl;help;stats'= {
        }
        &'tokctl;help;revoke'= {
        }
        &'tokctl;help;unrevoke'= {
        }
        &'tokctl;help;revoke-all'= {
        }
        &'tokctl;help;prune'= {
        }
        &'tokctl;help;user'= {
            cand add 'Add a user'
            cand list 'List users'
            cand show 'Show a user'
            cand edit 'Edit a user'
            cand ban 'Ban a user and reject their tokens'
            cand unban 'Lift the ban of a user'
            cand remove 'Remove a user and all their tokens'
        }
        &'tokctl;help;user;add'= {
        }
        &'tokctl;help;user;list'= {
        }
        &'tokctl;help;user;show'= {
        }
        &'tokctl;help;user;edit'= {
        }
        &'tokctl;help;user;ban'= {
        }
        &'tokctl;help;user;unban'= {
        }
        &'tokctl;help;user;remove'= {
        }
        &'tokctl;help;settings'= {
            cand list 'List all settings with values, defaults and meanings'
            cand get 'Print the value of a setting'
            cand set 'Change a setting'
            cand unset 'Reset a setting to its default'
        }
        &'tokctl;help;settings;list'= {
        }
        &'tokctl;help;settings;get'= {
        }
        &'tokctl;help;settings;set'= {
        }
        &'tokctl;help;settings;unset'= {
        }
        &'tokctl;help;import'= {
        }
        &'tokctl;help;export'= {
        }
        &'tokctl;help;backup'= {
        }
        &'tokctl;help;restore'= {
        }
        &'tokctl;help;migrate'= {
        }
        &'tokctl;help;doctor'= {
        }
        &'tokctl;help;serve'= {
        }
        &'tokctl;help;completions'= {
        }
        &'tokctl;help;man'= {
        }
        &'tokctl;help;help'= {
        }
    ]
    $completions[$command]
}
