import ArgumentParser

@main
struct TCPAlive: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "tcpalive")
}
