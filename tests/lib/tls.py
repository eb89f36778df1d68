# SPDX-License-Identifier: MIT
# Plain text through TLS libraries: tls.py FOLDER COUNT
# COUNT secrets from one end of a connection to the other, both ends in this process, by OpenSSL's functions that python
# calls (the _ex ones); one from s_client to s_server, by the others; a page to wget by GnuTLS, where that has it; one by NSPR.
import ctypes, os, ssl, socket, subprocess, sys, threading

folder, count = sys.argv[1], int(sys.argv[2])
cert, key = folder + "/cert.pem", folder + "/key.pem"
subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=localhost", "-keyout", key, "-out", cert], check=True, stderr=subprocess.DEVNULL)
server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server_context.load_cert_chain(cert, key)
there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
client = ssl.create_default_context(cafile=cert).wrap_bio(back, there, server_hostname="localhost")
server = server_context.wrap_bio(there, back, server_side=True)
ready = set()
while len(ready) < 2:
    for end in client, server:
        try:
            end.do_handshake()
            ready.add(end)
        except ssl.SSLWantReadError:
            pass
for i in range(count):
    client.write(b"secret \x1b[31m %d\n" % i)
    assert server.read(1000)

listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]

def serve():
    connection = server_context.wrap_socket(listener.accept()[0], server_side=True)
    connection.recv(65536)
    connection.send(b"HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nanswered\n")
    connection.close()

for command, text in (["openssl", "s_client", "-quiet", "-connect", "127.0.0.1:%d" % port], b"secret of s_client\n"), \
        (["wget", "-t", "1", "-q", "-O", "-", "--no-check-certificate", "https://127.0.0.1:%d/" % port], b""):
    thread = threading.Thread(target=serve)
    thread.start()
    subprocess.run(command, input=text, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    thread.join()

try:
    nspr = ctypes.CDLL("libnspr4.so")
    nspr.PR_Open.restype = ctypes.c_void_p
    file = ctypes.c_void_p(nspr.PR_Open(b"/dev/null", 2, 0))
    nspr.PR_Write(file, b"secret of NSPR\n", 15)
except OSError:
    pass
