#if os(Linux)
    import CNcurses
    import CTCPAlive
    import Glibc
    import Platform
    import Report

    /// The whole terminal, drawn by ncurses (curs_initscr(3X)). The terminal is as before when the value ends, and after a crash.
    @safe
    struct Screen: ~Copyable {
        private let screen: OpaquePointer
        private let window: UnsafeMutablePointer<WINDOW>
        private let hasColor: Bool
        /// Whether the locale has letters beyond ASCII.
        private let hasUnicode: Bool

        /// The lines and columns of the terminal.
        private(set) var size: (lines: Int, columns: Int)

        /// Throws if standard input and output are not a terminal.
        static func requireTerminal() throws(TerminalError) {
            if isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 { return }
            throw TerminalError(
                description: "standard input and output must be a terminal; tcpalive audit --watch 1 prints lists")
        }

        /// Takes the terminal on standard input and output. `hasColor`: whether to use colors if it has some.
        init(hasColor wantsColor: Bool) throws(TerminalError) {
            // Names of processes may have letters of any alphabet.
            unsafe setlocale(LC_CTYPE, "")
            hasUnicode = unsafe nl_langinfo(Int32(CODESET)).map { unsafe String(cString: $0) } == "UTF-8"
            tcpalive_protect_terminal()
            guard let screen = unsafe tcpalive_new_screen(), let window = unsafe tcpalive_screen_window() else {
                tcpalive_release_terminal()
                let name = ColorRule.variable("TERM") ?? ""
                throw TerminalError(
                    description: name.isEmpty
                        ? "TERM is not set: set it to the type of the terminal, such as TERM=xterm"
                        : "the terminal type \(name) is unknown here: set TERM to another, such as TERM=xterm")
            }
            unsafe (self.screen, self.window) = (screen, window)
            // Every key comes to this program, Ctrl-C and Ctrl-Z too, so that it never ends in the middle of a line.
            raw()
            noecho()
            nonl()
            unsafe keypad(window, true)
            unsafe nodelay(window, true)
            // Esc is a key by itself if nothing follows it within this time (ms): other keys begin with it, too.
            set_escdelay(50)
            curs_set(0)
            hasColor = wantsColor && has_colors() && start_color() == OK && use_default_colors() == OK
            if hasColor {
                for (index, color) in Self.colors.enumerated() {
                    init_pair(Int16(index + 1), Int16(color.number), -1)
                }
            }
            size = unsafe (Int(getmaxy(window)), Int(getmaxx(window)))
            unsafe tcpalive_set_terminal_end(Self.end)
        }

        deinit {
            endwin()
            unsafe delscreen(screen)
            tcpalive_release_terminal()
        }

        /// The colors of `Palette`.
        private static let colors: [(color: Palette.Color, number: Int32)] = [
            (.bad, COLOR_RED), (.good, COLOR_GREEN), (.doubtful, COLOR_MAGENTA), (.neutral, COLOR_CYAN),
        ]

        /// What the terminal gets when it is restored: the usual screen, cursor, keys and colors (terminfo(5)).
        private static var end: String {
            ["rmkx", "sgr0", "cnorm", "rmcup"].reduce(into: "") { text, name in
                guard let sequence = unsafe tigetstr(name), Int(bitPattern: sequence) != -1 else { return }
                unsafe text += String(cString: sequence)
            }
        }

        // MARK: Drawing

        /// Draws `lines` from the top, and nothing below them.
        func draw(_ lines: [ScreenLine]) {
            unsafe werase(window)
            for (number, line) in lines.prefix(size.lines).enumerated() {
                unsafe wmove(window, Int32(number), 0)
                for piece in line.pieces {
                    unsafe wattrset(window, attributes(of: piece.style))
                    // ncurses writes a byte that is no letter of the locale in two columns.
                    unsafe waddstr(
                        window, hasUnicode ? piece.text : String(piece.text.map { $0.isASCII ? $0 : "?" }))
                }
            }
            unsafe wattrset(window, 0)
            unsafe wrefresh(window)
        }

        private func attributes(of style: ScreenLine.Style) -> Int32 {
            let pair = hasColor ? Self.colors.firstIndex { $0.color == style.color }.map { Int32($0 + 1) } : nil
            return tcpalive_attributes(pair ?? 0, style.isReversed ? 1 : 0, style.isBold ? 1 : 0)
        }

        /// Takes the size that the terminal has now.
        mutating func resize() {
            var now = winsize()
            guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &now) == 0, now.ws_row > 0, now.ws_col > 0 else {
                return
            }
            resizeterm(Int32(now.ws_row), Int32(now.ws_col))
            size = unsafe (Int(getmaxy(window)), Int(getmaxx(window)))
            unsafe clearok(window, true)
        }

        /// Gives the terminal to the shell, stops this process as Ctrl-Z does, and takes it again afterwards.
        mutating func suspend() {
            endwin()
            // With the programs of the same job (credentials(7)).
            kill(0, SIGTSTP)
            resize()
            unsafe wrefresh(window)
        }

        // MARK: Keys

        /// What was typed.
        enum Input: Equatable {
            case key(TopKey)
            /// Ctrl-C.
            case interrupt
            /// Ctrl-Z.
            case suspend
            /// Ctrl-L.
            case redraw
        }

        /// The next key that was typed; nil: none.
        func next() -> Input? {
            while true {
                var code: wint_t = 0
                let result = unsafe wget_wch(window, &code)
                if result == ERR { return nil }
                if result == KEY_CODE_YES {
                    if let key = Self.special(Int32(bitPattern: code)) { return .key(key) }
                    continue
                }
                switch code {
                case 3: return .interrupt
                case 26: return .suspend
                case 12: return .redraw
                case 27: return .key(.escape)
                case 10, 13: return .key(.enter)
                case 8, 127: return .key(.backspace)
                default:
                    guard code >= 32, let scalar = Unicode.Scalar(code) else { continue }
                    return .key(.character(Character(scalar)))
                }
            }
        }

        private static func special(_ code: Int32) -> TopKey? {
            switch code {
            case KEY_UP: .up
            case KEY_DOWN: .down
            case KEY_PPAGE: .pageUp
            case KEY_NPAGE: .pageDown
            case KEY_HOME: .home
            case KEY_END: .end
            case KEY_ENTER: .enter
            case KEY_BACKSPACE: .backspace
            case (KEY_F0 + 1)...(KEY_F0 + 12): .function(Int(code - KEY_F0))
            default: nil
            }
        }
    }
#endif
