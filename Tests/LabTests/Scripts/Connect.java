/** Connects to HOST PORT, and waits: java Connect HOST PORT */
class Connect {
    public static void main(String[] words) throws Exception {
        try (var socket = new java.net.Socket(words[0], Integer.parseInt(words[1]))) {
            socket.getInputStream().read();
        }
    }
}
