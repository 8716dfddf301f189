import AsyncHTTPClient
import JWTKit
import NIOSSL
import X509
